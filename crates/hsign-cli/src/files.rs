//! Which files are meant, and where their outputs go.

use std::ffi::OsStr;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use hsign::Output;
use hsign::file::{Base, Existing, FileSource, put_in_place, put_source_in_place};
use hsign_core::Source;

use crate::output;

/// Whether standard input or output is meant.
pub(crate) fn is_standard(path: &Path) -> bool {
    path == Path::new("-")
}

/// Whether the result goes to standard output: by name, or since its input came by standard input.
pub(crate) fn goes_to_output(out: Option<&Path>, inputs: &[PathBuf]) -> bool {
    out.map_or_else(|| inputs.iter().any(|input| is_standard(input)), is_standard)
}

/// The document in a file; for `-` the whole of standard input.
///
/// # Errors
/// When it can't be read.
pub(crate) fn open(path: &Path) -> io::Result<Box<dyn Source>> {
    if !is_standard(path) {
        return Ok(Box::new(FileSource::open(path)?));
    }
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(Box::new(bytes))
}

/// The files named, and every file in the folders named whose name passes `wanted`; sorted within a folder, each
/// file once.
///
/// # Errors
/// When a folder can't be read. A missing file is left for the command to report.
pub(crate) fn expand(paths: &[PathBuf], wanted: fn(&Path) -> bool) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            collect(path, wanted, &mut files)?;
        } else if !files.contains(path) {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn collect(folder: &Path, wanted: fn(&Path) -> bool, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<io::Result<_>>()?;
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            collect(&entry, wanted, files)?;
        } else if wanted(&entry) && !files.contains(&entry) {
            files.push(entry);
        }
    }
    Ok(())
}

/// PDF by name.
pub(crate) fn is_pdf_by_name(path: &Path) -> bool {
    has_extension(path, "pdf")
}

/// PDF by name; a folder's outputs of an earlier run are not signed again.
pub(crate) fn is_unsigned_pdf(path: &Path) -> bool {
    has_extension(path, "pdf")
        && !path.file_stem().is_some_and(|stem| has_extension(Path::new(stem), "signed"))
}

/// Anything by name but hidden files, signatures and tokens: what CAdES signs in a folder.
pub(crate) fn is_unsigned(path: &Path) -> bool {
    is_stampable(path)
        && !["p7s", "p7m", "asice", "asics"].iter().any(|extension| has_extension(path, extension))
}

/// What `--format xades` signs in a folder.
pub(crate) fn is_unsigned_xml(path: &Path) -> bool {
    has_extension(path, "xml")
        && !path.file_stem().is_some_and(|stem| has_extension(Path::new(stem), "signed"))
}

/// What `--format eprescription` signs in a folder.
pub(crate) fn is_csv(path: &Path) -> bool {
    has_extension(path, "csv")
}

/// What `verify` looks at in a folder: what carries its own content.
pub(crate) fn is_verifiable(path: &Path) -> bool {
    ["pdf", "p7m", "asice", "asics", "sce", "scs"].iter().any(|extension| has_extension(path, extension))
        || (has_extension(path, "xml")
            && path.file_stem().is_some_and(|stem| {
                ["signed", "extended"].iter().any(|mark| has_extension(Path::new(stem), mark))
            }))
}

/// What `extend` looks at in a folder: what `verify` does, but not what it made itself.
pub(crate) fn is_extendable(path: &Path) -> bool {
    is_verifiable(path) && !path.file_stem().is_some_and(|stem| has_extension(Path::new(stem), "extended"))
}

/// What `timestamp` looks at in a folder: everything but tokens and hidden files.
pub(crate) fn is_stampable(path: &Path) -> bool {
    !has_extension(path, "tst")
        && !path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with('.'))
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
}

/// `NAME.pdf` → `NAME.signed.pdf`, in `folder` if one is given.
pub(crate) fn signed_name(input: &Path, folder: Option<&Path>) -> PathBuf {
    marked_name(input, folder, "signed")
}

/// `NAME.pdf` → `NAME.extended.pdf`, in `folder` if one is given.
pub(crate) fn extended_name(input: &Path, folder: Option<&Path>) -> PathBuf {
    marked_name(input, folder, "extended")
}

/// `NAME.pdf` → `NAME.amended.pdf`.
pub(crate) fn amended_name(input: &Path) -> PathBuf {
    marked_name(input, None, "amended")
}

/// Whether what is there may be replaced.
pub(crate) fn existing(force: bool) -> Existing {
    if force { Existing::Replace } else { Existing::Keep }
}

/// `NAME.pdf` → `NAME.stamped.pdf`, in `folder` if one is given.
pub(crate) fn stamped_name(input: &Path, folder: Option<&Path>) -> PathBuf {
    marked_name(input, folder, "stamped")
}

fn marked_name(input: &Path, folder: Option<&Path>, mark: &str) -> PathBuf {
    let extension = input.extension().unwrap_or(OsStr::new("pdf"));
    let mut name = input.file_stem().unwrap_or_default().to_owned();
    name.push(format!(".{mark}."));
    name.push(extension);
    beside(input, folder, &name)
}

/// Puts the document with `update` after it in its place; `-` is standard output.
///
/// # Errors
/// When the place can't be written, or the input changed meanwhile.
pub(crate) fn put_extended(
    input: &Path,
    source: &dyn Source,
    update: &[u8],
    target: &Path,
    existing: Existing,
) -> Result<()> {
    if is_standard(target) {
        output::bytes(&hsign_core::read_all(source)?)?;
        return Ok(output::bytes(update)?);
    }
    let put = if is_standard(input) {
        put_in_place(target, None, &[&hsign_core::read_all(source)?, update].concat(), existing)
    } else {
        put_in_place(target, Some(Base { path: input, length: source.length() }), update, existing)
    };
    put.with_context(|| target.display().to_string())
}

/// Puts what a use case made of `input` in its place; `-` is standard output.
///
/// # Errors
/// When the place can't be written, or an input changed meanwhile.
pub(crate) fn put_output(
    input: &Path,
    source: &dyn Source,
    output: &Output<'_>,
    target: &Path,
    existing: Existing,
) -> Result<()> {
    let whole = match output {
        Output::Append(update) => return put_extended(input, source, update, target, existing),
        Output::Whole(whole) => whole.as_ref(),
    };
    if is_standard(target) {
        return Ok(output::source(whole)?);
    }
    // What takes the input's place keeps its permissions.
    let like = (target == input).then_some(input);
    put_source_in_place(target, whole, like, existing).with_context(|| target.display().to_string())
}

/// Puts a new file in its place; `-` is standard output.
///
/// # Errors
/// When the place can't be written.
pub(crate) fn put(bytes: &[u8], target: &Path, existing: Existing) -> Result<()> {
    if is_standard(target) {
        return Ok(output::bytes(bytes)?);
    }
    put_in_place(target, None, bytes, existing).with_context(|| target.display().to_string())
}

/// `NAME.ext` → `NAME.tst`, in `folder` if one is given.
pub(crate) fn token_name(input: &Path, folder: Option<&Path>) -> PathBuf {
    named(input, folder, "tst")
}

/// `NAME.ext` → `NAME.EXTENSION`, in `folder` if one is given.
pub(crate) fn named(input: &Path, folder: Option<&Path>, extension: &str) -> PathBuf {
    let mut name = input.file_stem().unwrap_or_default().to_owned();
    name.push(".");
    name.push(extension);
    beside(input, folder, &name)
}

fn beside(input: &Path, folder: Option<&Path>, name: &OsStr) -> PathBuf {
    match folder {
        Some(folder) => folder.join(name),
        None => input.with_file_name(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_stand_beside_their_inputs() {
        assert_eq!(signed_name(Path::new("a/scan.PDF"), None), Path::new("a/scan.signed.PDF"));
        assert_eq!(
            signed_name(Path::new("a/scan.pdf"), Some(Path::new("out"))),
            Path::new("out/scan.signed.pdf")
        );
        assert_eq!(token_name(Path::new("a/image.tiff"), None), Path::new("a/image.tst"));
    }

    #[test]
    fn a_folder_gives_its_files_once_and_in_order() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.pdf", "a.PDF", "a.signed.pdf", "notes.txt"] {
            std::fs::write(folder.path().join(name), b"").unwrap();
        }
        let inside = folder.path().join("b.pdf");
        let found = expand(&[folder.path().to_owned(), inside], is_unsigned_pdf).unwrap();
        let names: Vec<_> = found.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["a.PDF", "b.pdf"]);
    }
}
