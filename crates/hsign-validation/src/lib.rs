//! Judgement by the building blocks of EN 319 102-1: facts and evidence in, verdict out.
