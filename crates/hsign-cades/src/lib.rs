//! CAdES signatures: signed attributes, signature time stamps, and the facts of a CMS signature.
