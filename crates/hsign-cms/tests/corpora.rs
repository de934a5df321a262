//! Real CMS signatures: every one is read.

use hsign_cms::SignedData;
use hsign_corpora::{Comparison, Corpus};

/// Whether the bytes begin with a ContentInfo of type id-signedData.
fn is_bare_cms(bytes: &[u8]) -> bool {
    let id_signed_data = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02];
    bytes.first() == Some(&0x30)
        && bytes.get(..30).is_some_and(|head| head.windows(11).any(|window| window == id_signed_data))
}

#[test]
fn conformance_dss_bare_cms_is_read() {
    let Some(corpus) = Corpus::open("dss") else { return };
    let mut comparison = Comparison::new("dss-cms");
    for (path, bytes) in corpus.files().iter().filter(|(_, bytes)| is_bare_cms(bytes)) {
        match SignedData::parse(bytes) {
            Ok(signed_data) if !signed_data.signers().is_empty() => comparison.agree(path),
            Ok(_) => comparison.differ(path, "no signer"),
            Err(error) => comparison.differ(path, error.to_string()),
        }
    }
    comparison.finish();
}
