//! XAdES signatures and the Japanese e-prescription: making, extending, reading the facts.
