use hsign_core::Source;

use crate::Error;
use crate::container::MIMETYPE;
use crate::zip::{Archive, STORED, Unpacked};

/// What is unpacked into memory at most; a larger file is shown only where it stands as it is.
const MOST_UNPACKED: u64 = 64 << 20;

/// Gets a file's name, and the file where it can be shown.
pub type ObjectVisitor<'v> = dyn FnMut(&str, Option<&dyn Source>) -> Result<(), Error> + 'v;

/// Shows each file of a container that signatures are about, in the order of its directory; `None` for one that has to be
/// unpacked and is too large for that, or that tools would unpack differently.
///
/// # Errors
/// When it is no ZIP file, or a file in it can't be read.
pub fn visit_objects(container: &dyn Source, visit: &mut ObjectVisitor<'_>) -> Result<(), Error> {
    let archive = Archive::open(container)?;
    let objects = archive
        .entries
        .iter()
        .filter(|entry| !entry.is_folder() && entry.name != MIMETYPE && !entry.name.starts_with("META-INF/"));
    for entry in objects {
        let unpacked = Unpacked::new(container, entry);
        if !entry.is_sound {
            visit(&entry.name, None)?;
        } else if entry.method == STORED {
            visit(&entry.name, Some(&unpacked))?;
        } else if entry.size <= MOST_UNPACKED {
            visit(&entry.name, Some(&hsign_core::read_all(&unpacked)?))?;
        } else {
            visit(&entry.name, None)?;
        }
    }
    Ok(())
}

/// One of these files by its name, where it has no more than so many bytes; `None` where there is none, or tools would unpack
/// it differently.
///
/// # Errors
/// When it is no ZIP file, or the file in it can't be read.
pub fn read_object(container: &dyn Source, name: &str, most_bytes: u64) -> Result<Option<Vec<u8>>, Error> {
    let archive = Archive::open(container)?;
    let entry = archive.find(name).filter(|entry| entry.is_sound && !entry.is_folder());
    let Some(entry) = entry.filter(|entry| entry.size <= most_bytes) else { return Ok(None) };
    Ok(Some(hsign_core::read_all(&Unpacked::new(container, entry))?))
}
