"""Published encoders of others, run with their own weights where a user has them.

Nothing is downloaded and no weights are part of the package: the user gives a path. The
architectures are written anew from the papers and the published code; module and parameter
names are those of the published files, so that a file either fits exactly or is refused.
"""
