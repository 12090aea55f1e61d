"""Facts made up for tests: one module a subject, and no test makes its own where one of these does.

slices.py: observations and slices. runs.py: whole runs, small ones to reckon with and realistic
ones. variants.py: the same run with something else in it. compared.py: runs to be compared, in
memory and on disk. old_format.py: a run as older versions wrote it. options.py: what a run is asked
for. capacity.py, regression.py, counted.py, calibration.py, traces.py: what those subjects need
beside.
"""
