use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;

use hsign_core::EllipticCurve;

/// An ECDSA value as cards and XML signatures give it (r and s side by side, each as long as the field)
/// in the DER form that certificates, CMS and [`crate::OpensslVerifier`] use. `None` when the length is
/// not exactly twice the field's.
#[must_use]
pub fn ecdsa_value_to_der(curve: EllipticCurve, value: &[u8]) -> Option<Vec<u8>> {
    let field = usize::try_from(curve.bits().div_ceil(8)).ok()?;
    if value.len() != field.checked_mul(2)? {
        return None;
    }
    let (r, s) = value.split_at_checked(field)?;
    let pair =
        EcdsaSig::from_private_components(BigNum::from_slice(r).ok()?, BigNum::from_slice(s).ok()?).ok()?;
    pair.to_der().ok()
}

/// The other way: an ECDSA value in DER as r and s side by side, each as long as the field. `None` when it isn't DER, or
/// a number is too large for the curve.
#[must_use]
pub fn ecdsa_value_from_der(curve: EllipticCurve, der: &[u8]) -> Option<Vec<u8>> {
    let field = i32::try_from(curve.bits().div_ceil(8)).ok()?;
    let pair = EcdsaSig::from_der(der).ok()?;
    let mut value = pair.r().to_vec_padded(field).ok()?;
    value.extend(pair.s().to_vec_padded(field).ok()?);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_numbers_become_integers() {
        let value = [[&[0xff][..], &[0; 31]].concat(), [&[0; 31][..], &[1]].concat()].concat();
        let der = ecdsa_value_to_der(EllipticCurve::P256, &value).unwrap();
        assert_eq!(der[..5], [0x30, 38, 0x02, 33, 0]);
        assert_eq!(der[der.len() - 3..], [2, 1, 1]);
        assert_eq!(ecdsa_value_from_der(EllipticCurve::P256, &der), Some(value.clone()));
        assert_eq!(ecdsa_value_from_der(EllipticCurve::P256, &value), None);
        assert_eq!(ecdsa_value_to_der(EllipticCurve::P256, &value[1..]), None);
        assert_eq!(ecdsa_value_to_der(EllipticCurve::P384, &value), None);
    }
}
