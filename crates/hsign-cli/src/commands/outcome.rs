//! How several documents make one exit code.

use anyhow::Error;

use crate::failure;

/// Everything was done, some of it not, or nothing (contract: exit codes 0/3, 7, the failure's own).
pub(super) fn of_operations(codes: &[u8], failures: &[Error]) -> u8 {
    match (codes.is_empty(), failures) {
        (_, []) => codes.iter().copied().max().unwrap_or(0),
        (true, [first, rest @ ..]) => {
            let code = failure::exit_code(first);
            if rest.iter().all(|other| failure::exit_code(other) == code) { code } else { PARTLY }
        }
        (false, _) => PARTLY,
    }
}

const PARTLY: u8 = 7;

/// 0 if all pass, else the worst: 1 before 3 before 4 before anything else.
pub(super) fn of_judgements(codes: &[u8]) -> u8 {
    let rank = |code: &u8| match code {
        1 => 0,
        3 => 1,
        4 => 2,
        0 => u8::MAX,
        other => *other,
    };
    codes.iter().copied().min_by_key(rank).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Usage;

    fn usage() -> Error {
        Usage::NoTsa.into()
    }

    #[test]
    fn the_worst_judgement_wins() {
        assert_eq!(of_judgements(&[0, 3, 1, 4]), 1);
        assert_eq!(of_judgements(&[0, 4, 3]), 3);
        assert_eq!(of_judgements(&[0, 4]), 4);
        assert_eq!(of_judgements(&[0, 8]), 8);
        assert_eq!(of_judgements(&[0, 0]), 0);
    }

    #[test]
    fn some_failed_operations_are_partly_done() {
        assert_eq!(of_operations(&[0, 3], &[]), 3);
        assert_eq!(of_operations(&[0], &[usage()]), 7);
        assert_eq!(of_operations(&[], &[usage()]), 2);
    }
}
