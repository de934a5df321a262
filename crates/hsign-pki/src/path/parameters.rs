use hsign_core::Time;

/// anyPolicy (RFC 5280 §4.2.1.4).
pub const ANY_POLICY: &str = "2.5.29.32.0";
/// id-kp-timeStamping (RFC 5280 §4.2.1.12).
pub const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";
/// id-kp-OCSPSigning (RFC 6960 §4.2.2.2).
pub const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";
/// anyExtendedKeyUsage (RFC 5280 §4.2.1.12).
pub const ANY_EXTENDED_KEY_USAGE: &str = "2.5.29.37.0";

/// What the target's extended key usage has to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ExtendedKeyUsageDemand {
    /// Nothing.
    #[default]
    None,
    /// Each of these purposes is allowed: listed, or anyExtendedKeyUsage, or no extension at all (RFC 5280
    /// §4.2.1.12). CAs in between that have the extension must allow it too.
    Allows(Vec<String>),
    /// This one purpose alone in a critical extension, as RFC 3161 §2.3 asks of time-stamp authorities.
    OnlyCritical(String),
}

/// What becomes of rules of the certificate profile (RFC 5280 §4) that path validation (§6) doesn't ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProfileRules {
    /// A violation is a finding of the path, which stays valid.
    #[default]
    Report,
    /// A violation makes the path invalid.
    Enforce,
}

/// When the CAs of a path have to be valid (EN 319 102-1, X.509 validation). RFC 5280 §6.1.3 (a)(2) knows the shell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ValidityModel {
    /// All of them at the time the path is judged at.
    #[default]
    Shell,
    /// Each when it issued the next certificate.
    Chain,
    /// All when the target's certificate was issued.
    Hybrid,
}

/// Inputs of path validation (RFC 5280 §6.1.1), and what policies of this field add to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathParameters {
    /// The time the path is judged at.
    pub time: Time,
    /// user-initial-policy-set as dotted OIDs. `None`: the policies of the anchor's registry entry, and then
    /// an explicit policy is required; any policy if the entry names none. To ask for any policy whatever
    /// the entry says, give [`ANY_POLICY`].
    pub initial_policies: Option<Vec<String>>,
    /// initial-explicit-policy.
    pub require_explicit_policy: bool,
    /// initial-policy-mapping-inhibit.
    pub inhibit_policy_mapping: bool,
    /// initial-any-policy-inhibit.
    pub inhibit_any_policy: bool,
    /// What the target may be used for.
    pub extended_key_usage: ExtendedKeyUsageDemand,
    /// Whether the anchor's own extensions count too (RFC 5937).
    pub apply_anchor_constraints: bool,
    /// Whether the anchor's own validity period counts too.
    pub apply_anchor_dates: bool,
    /// Whether the target may itself be an anchor: EN 319 102-1 lets the policy decide. Its own name, key and
    /// extensions are then all there is to judge.
    pub allow_anchor_as_target: bool,
    /// Whether the target has to be valid at `time`. EN 319 102-1 judges that apart from the path.
    pub check_target_validity: bool,
    /// What becomes of violations of the certificate profile.
    pub profile: ProfileRules,
    /// When the CAs of the path have to be valid.
    pub validity_model: ValidityModel,
}

impl PathParameters {
    /// The usual: policies as the anchor's entry says, the target's validity part of the path.
    #[must_use]
    pub fn at(time: Time) -> Self {
        Self {
            time,
            initial_policies: None,
            require_explicit_policy: false,
            inhibit_policy_mapping: false,
            inhibit_any_policy: false,
            extended_key_usage: ExtendedKeyUsageDemand::None,
            apply_anchor_constraints: false,
            apply_anchor_dates: false,
            allow_anchor_as_target: true,
            check_target_validity: true,
            profile: ProfileRules::Report,
            validity_model: ValidityModel::Shell,
        }
    }

    /// For a time-stamp authority's certificate: any policy, and the critical extended key usage.
    #[must_use]
    pub fn time_stamping_at(time: Time) -> Self {
        Self {
            initial_policies: Some(vec![ANY_POLICY.to_owned()]),
            extended_key_usage: ExtendedKeyUsageDemand::OnlyCritical(TIME_STAMPING.to_owned()),
            ..Self::at(time)
        }
    }
}
