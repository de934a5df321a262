//! Development only: an S3 server on loopback that fails when it is told to.
