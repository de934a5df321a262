//! PAdES signatures in PDF files: preparing, embedding, and reading the facts.
