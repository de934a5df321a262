//! ASiC containers: writing, and reading the facts of what is signed inside.
