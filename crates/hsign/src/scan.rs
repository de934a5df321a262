use hsign_core::Source;
use hsign_core::facts::ScanFacts;
use hsign_scan::Error as Unread;

use crate::{Content, Error, InputFormat, input_format};

/// What the scanned pages of a file are made of; `None` where it holds none. For a signature beside its content this is
/// the content, for a container its files one after the other, else the file itself.
///
/// # Errors
/// When it can't be read.
pub fn scan_facts(source: &dyn Source, beside: &[Content<'_>]) -> Result<Option<ScanFacts>, Error> {
    match (input_format(source)?, beside) {
        (InputFormat::Asic, _) => of_container(source),
        (InputFormat::Cms, [content]) => of_file(content.source),
        _ => of_file(source),
    }
}

fn of_file(source: &dyn Source) -> Result<Option<ScanFacts>, Error> {
    hsign_scan::scan_facts(source).map_err(|Unread::Source(error)| Error::Read(error))
}

/// Pages are counted through all files.
fn of_container(source: &dyn Source) -> Result<Option<ScanFacts>, Error> {
    let mut all = ScanFacts { format: "asic".to_owned(), ..ScanFacts::default() };
    hsign_asic::visit_objects(source, &mut |_, file| {
        let Some(file) = file else { return Ok(()) };
        let found = hsign_scan::scan_facts(file).map_err(|Unread::Source(error)| error)?;
        if let Some(mut found) = found {
            found.images.iter_mut().for_each(|image| image.page = image.page.saturating_add(all.pages));
            all.pages = all.pages.saturating_add(found.pages);
            all.images.extend(found.images);
            all.findings.extend(found.findings);
        }
        Ok(())
    })?;
    Ok(Some(all).filter(|all| !all.images.is_empty() || !all.findings.is_empty()))
}
