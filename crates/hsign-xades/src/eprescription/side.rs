use std::fmt;

/// The two sides of an electronic prescription, each with a CSV and a signature of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// What the doctor or dentist prescribes.
    Prescription,
    /// What the pharmacist dispensed, with the whole prescription inside.
    Dispensing,
}

impl Side {
    /// The class of document by its name in hsign-hpki's table, which knows the roles.
    #[must_use]
    pub fn document_class(self) -> &'static str {
        match self {
            Self::Prescription => "prescription",
            Self::Dispensing => "dispensing",
        }
    }

    /// First field of the first record of the CSV.
    pub(crate) fn first_record(self) -> &'static str {
        match self {
            Self::Prescription => "SJ1",
            Self::Dispensing => "CJ1",
        }
    }

    /// The element around everything but management data and, when dispensing, the signature.
    pub(crate) fn element(self) -> &'static str {
        match self {
            Self::Prescription => "Prescription",
            Self::Dispensing => "Dispensing",
        }
    }

    /// The element that holds the CSV as Base64.
    pub(crate) fn csv_element(self) -> &'static str {
        match self {
            Self::Prescription => "PrescriptionDocument",
            Self::Dispensing => "DispensingDocument",
        }
    }

    /// What the signature covers, by element and `id` (both the same).
    pub(crate) fn signed_element(self) -> &'static str {
        match self {
            Self::Prescription => "PrescriptionDocument",
            Self::Dispensing => "Dispensing",
        }
    }

    /// The element with version and identifier.
    pub(crate) fn management(self) -> &'static str {
        match self {
            Self::Prescription => "PrescriptionManagement",
            Self::Dispensing => "DispensingManagement",
        }
    }

    /// The identifier that the service adds.
    pub(crate) fn identifier(self) -> &'static str {
        match self {
            Self::Prescription => "PrescriptionId",
            Self::Dispensing => "DispensingId",
        }
    }

    /// What the service adds beside the CSV.
    pub(crate) fn additional(self) -> &'static str {
        match self {
            Self::Prescription => "AdditionalPrescriptionInformation",
            Self::Dispensing => "AdditionalDispensedInformation",
        }
    }

    /// The element around the signature, and the signature's Id.
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Prescription => "PrescriptionSign",
            Self::Dispensing => "DispensingSign",
        }
    }

    /// Value of the element Version.
    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::Prescription => "EPS1.0",
            Self::Dispensing => "EPD1.0",
        }
    }

    /// The schema that the root names.
    pub(crate) fn schema(self) -> &'static str {
        match self {
            Self::Prescription => "EP.xsd",
            Self::Dispensing => "ED.xsd",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.document_class())
    }
}
