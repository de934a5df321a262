use clap::Subcommand;

#[derive(Subcommand, Debug)]
pub(crate) enum TsaCommand {
    /// List the configured authorities
    List,
    /// Tell whether an authority is fit: encoding, policy, clock, certificate chain
    Check {
        /// Configured name or URL; without it, all configured ones
        #[arg(value_name = "NAME_OR_URL")]
        tsa: Vec<String>,
    },
}
