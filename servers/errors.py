"""What can go wrong with a server, from the user's mistakes to the machine's.

ServerError
  ProfileError           the user asked for something that does not exist or is not valid
    CopyError            the app's folder cannot be copied for each server
  EnvironmentBuildError  the packages of a profile could not be installed
  ConflictError          a server cannot be installed with what the app needs
  PortInUseError         another program listens where a server should
  KeeperError            a helper program could not be started, or its keeper was lost
  LaunchError            a server did not start, did not answer, or did not leave

A message is one line: what was asked, what was found, what to do.
"""

from collections.abc import Sequence


class ServerError(Exception):
    """Base of what servers/ raises on purpose."""


class ProfileError(ServerError):
    """A profile, or the choice of one, is wrong: the user's input, not the machine."""


class CopyError(ProfileError):
    """The app's folder is too large to be copied, or cannot be read."""


class PortInUseError(ServerError):
    """The port that was asked for by number is taken."""


class KeeperError(ServerError):
    """A program could not be started under its keeper, or the keeper itself was lost."""


class LoggedError(ServerError):
    """An error whose cause stands in a log: `log_tail` has its last lines, the newest last."""

    def __init__(self, message: str, *, server: str, log_tail: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.server = server
        self.log_tail = tuple(log_tail)

    def add(self, words: str) -> None:
        """Add to the message what is known further up."""
        self.args = (f"{self}{words}",)

    @property
    def of_itself(self) -> str:
        """The message where the server is named already: without its name."""
        return str(self).removeprefix(f"{self.server}: ").removeprefix(f"{self.server} ")


class EnvironmentBuildError(LoggedError):
    """The environment of a profile could not be built; the log is the installer's."""


class ConflictError(LoggedError):
    """A server and the app need packages that exclude each other; other servers can go on."""


class LaunchError(LoggedError):
    """A server did not start, did not answer correctly, or did not stop; the log is its own."""
