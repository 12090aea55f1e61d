"""The processes of a server: started, followed, and ended to the last one."""
