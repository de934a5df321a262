//! Any bytes end in a value or an error, never in a panic.

use hsign_asn1::{Reader, Rules, Tlv, der_violations, normalise_to_der};
use proptest::prelude::*;

fn read_as_everything(element: &Tlv<'_>) {
    let _ = hsign_asn1::time(element);
    let _ = hsign_asn1::string(element);
    let _ = hsign_asn1::oid(element);
    let _ = hsign_asn1::bit_string(element);
    let _ = hsign_asn1::octet_string(element);
    let _ = hsign_asn1::boolean(element);
    let _ = hsign_asn1::integer_i64(element.contents);
    let _ = hsign_asn1::integer_u64(element.contents);
}

fn walk(mut reader: Reader<'_>) {
    while let Ok(Some(element)) = reader.next() {
        read_as_everything(&element);
        if let Ok(inside) = element.reader() {
            walk(inside);
        }
    }
}

/// Bytes that look like ASN.1 more often than chance.
fn almost_asn1() -> impl Strategy<Value = Vec<u8>> {
    let octet = prop_oneof![
        any::<u8>(),
        prop_oneof![
            Just(0x30),
            Just(0x31),
            Just(0x80),
            Just(0x00),
            Just(0x02),
            Just(0x24),
            Just(0x23),
            Just(0x17)
        ],
        0_u8..12,
    ];
    prop::collection::vec(octet, 0..200)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics(bytes in almost_asn1()) {
        walk(Reader::new(&bytes, Rules::Der));
        walk(Reader::new(&bytes, Rules::Ber));
        let _ = der_violations(&bytes);
        let _ = normalise_to_der(&bytes);
        let _ = hsign_asn1::oid_to_string(&bytes);
    }

    #[test]
    fn normalising_gives_definite_lengths_and_is_idempotent(bytes in almost_asn1()) {
        if let Ok(once) = normalise_to_der(&bytes) {
            prop_assert_eq!(normalise_to_der(&once).unwrap(), once);
        }
    }

    #[test]
    fn object_identifiers_survive_the_round_trip(first in 0_u8..3, second in 0_u8..40, rest in prop::collection::vec(any::<u64>(), 0..8)) {
        let tail: String = rest.iter().map(|arc| format!(".{arc}")).collect();
        let dotted = format!("{first}.{second}{tail}");
        let contents = hsign_asn1::oid_contents(&dotted).unwrap();
        prop_assert_eq!(hsign_asn1::oid_to_string(&contents).unwrap(), dotted);
    }
}
