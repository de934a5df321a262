//! Who signs: PKCS#12 and PEM files, PKCS#11 cards and HSMs.
