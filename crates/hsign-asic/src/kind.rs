/// The two kinds of containers (EN 319 162-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerType {
    /// One file.
    AsicS,
    /// Any number of files.
    AsicE,
}

impl ContainerType {
    /// What its `mimetype` says.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::AsicS => "application/vnd.etsi.asic-s+zip",
            Self::AsicE => "application/vnd.etsi.asic-e+zip",
        }
    }

    pub(crate) fn of_media_type(media_type: &str) -> Option<Self> {
        [Self::AsicS, Self::AsicE].into_iter().find(|kind| kind.media_type() == media_type)
    }
}
