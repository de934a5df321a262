/// Who or what an error belongs to; maps one to one to the exit codes of the command.
///
/// Every crate's error type offers `kind()`. A failed *check* is not an error but a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The policy refused the operation (exit code 1).
    Refused,
    /// The request makes no sense as given (exit code 2).
    Usage,
    /// The input can't be read, isn't a supported format, or holds no signature (exit code 4).
    Unreadable,
    /// A remote party failed; a retry may help (exit code 5).
    Remote,
    /// Card, PIN, token or key (exit code 6).
    Credential,
    /// Some of several items failed (exit code 7).
    Partial,
    /// The local machine: disk, permissions, locks (exit code 8).
    Local,
    /// Interrupted by the user (exit code 130).
    Interrupted,
}

impl ErrorKind {
    /// Whose fault it is that a file can't be read or written: a missing file is the user's, a full disk the machine's.
    #[must_use]
    pub fn of_io(error: &std::io::Error) -> Self {
        use std::io::ErrorKind as Io;
        match error.kind() {
            Io::NotFound | Io::InvalidInput | Io::IsADirectory | Io::UnexpectedEof => Self::Unreadable,
            Io::AlreadyExists => Self::Refused,
            _ => Self::Local,
        }
    }

    /// The exit code of the `hsign` command.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Refused => 1,
            Self::Usage => 2,
            Self::Unreadable => 4,
            Self::Remote => 5,
            Self::Credential => 6,
            Self::Partial => 7,
            Self::Local => 8,
            Self::Interrupted => 130,
        }
    }
}
