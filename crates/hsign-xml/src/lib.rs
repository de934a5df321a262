//! XML without DTD: trees with positions, canonical forms, references and transforms of XML signatures.
