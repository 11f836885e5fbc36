//! A batch on its way into a transaction: cut by key into pieces, so that one is written while the next is made.

use std::sync::mpsc::{self, Receiver, Sender};

use strikebook_core::{Error, Result, Upserted};

use crate::{
    engine::{Dialect, Order, Session},
    versioned::{self, Key, Versioned},
};

/// Rows in a piece: many enough for an engine's bulk path to pay, and few enough that allocators give the memory of one to
/// the next. Pieces of twice the size took a sixth more time, for fresh pages.
const PIECE: usize = 1 << 18;

/// Rows with different keys, and how many others were left out because a later row of the batch has their key.
struct Piece<R> {
    rows: Vec<R>,
    repeated: usize,
}

/// Where the one who has the batch puts its pieces.
pub(crate) struct Giver<R>(Sender<Piece<R>>);

/// Where the transaction takes them.
pub(crate) struct Taker<R> {
    pieces: Receiver<Piece<R>>,
    /// Rows of the whole batch.
    rows: usize,
}

/// Both ends of the way of so many rows.
pub(crate) fn pieces<R>(rows: usize) -> (Giver<R>, Taker<R>) {
    let (send, pieces) = mpsc::channel();
    (Giver(send), Taker { pieces, rows })
}

impl<R: Versioned> Giver<R> {
    /// Gives all rows of a batch in the order in which an engine likes them. `keys` has the key of each, and `row` makes the
    /// one at a place.
    pub(crate) fn give(self, keys: &[Key<R>], order: Order, row: impl Fn(usize) -> Option<R>) {
        match order {
            Order::Key => self.give_by(keys, |key| *key, row),
            Order::Time => self.give_by(keys, |(series, at)| (*at, *series), row),
        }
    }

    fn give_by<S: Ord + Copy>(self, keys: &[Key<R>], by: impl Fn(&Key<R>) -> S, row: impl Fn(usize) -> Option<R>) {
        for mut places in cut(keys, PIECE, by) {
            let passed = places.len();
            // The last row of a key is the one to keep.
            places.sort_unstable_by(|(a, first), (b, second)| a.cmp(b).then(second.cmp(first)));
            places.dedup_by_key(|(key, _)| *key);
            let rows = places.iter().filter_map(|(_, place)| row(*place)).collect();
            // A transaction that has failed takes no more, and tells why itself.
            if self.0.send(Piece { rows, repeated: passed - places.len() }).is_err() {
                return;
            }
        }
    }
}

/// Cuts a batch into pieces of about a size, each as keys with their places: every key of a piece comes before every key of
/// the next. Only a piece whose keys are mostly equal is much longer.
fn cut<K, S: Ord + Copy>(keys: &[K], size: usize, by: impl Fn(&K) -> S) -> Vec<Vec<(S, usize)>> {
    /// Keys looked at for each piece, to find where it begins.
    const SAMPLE: usize = 128;
    let number = keys.len().div_ceil(size);
    let mut sample: Vec<_> = keys.iter().step_by((keys.len() / (number * SAMPLE).max(1)).max(1)).map(&by).collect();
    sample.sort_unstable();
    let bounds: Vec<_> = (1..number).filter_map(|i| sample.get(i * sample.len() / number).copied()).collect();
    let mut pieces: Vec<_> = (0..number).map(|_| Vec::with_capacity(size)).collect();
    for (place, key) in keys.iter().map(by).enumerate() {
        if let Some(piece) = pieces.get_mut(bounds.partition_point(|bound| *bound <= key)) {
            piece.push((key, place));
        }
    }
    pieces
}

impl<R: Versioned> Taker<R> {
    /// Merges all rows into their table, each after `finish` has seen it.
    pub(crate) fn merge(
        self,
        session: &mut dyn Session,
        dialect: &Dialect,
        finish: impl Fn(&mut R),
    ) -> Result<Upserted> {
        versioned::lock(session, dialect, R::TABLE.name)?;
        let (mut taken, mut done) = (0, Upserted::default());
        for Piece { mut rows, repeated } in self.pieces {
            rows.iter_mut().for_each(&finish);
            taken += rows.len() + repeated;
            done += versioned::merge(session, dialect, &rows)?;
            done.repeated += repeated as u64;
        }
        // Fewer come only from a caller that is gone.
        if taken == self.rows { Ok(done) } else { Err(Error::closed()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys that repeat, in no order.
    fn keys() -> Vec<u64> {
        (0..10_000).map(|i: u64| i * 7_919 % 10_007 % 3_000).collect()
    }

    #[test]
    fn each_row_is_in_one_piece_and_the_pieces_are_in_order() {
        let keys = keys();
        let pieces = cut(&keys, 512, |key| *key);
        let mut places: Vec<_> = pieces.iter().flatten().map(|(_, place)| *place).collect();
        assert!(pieces.iter().flatten().all(|(key, place)| keys[*place] == *key));
        places.sort_unstable();
        assert!(places.into_iter().eq(0..keys.len()));
        for (piece, next) in pieces.iter().zip(&pieces[1..]) {
            let (last, first) = (piece.iter().map(|(key, _)| key).max(), next.iter().map(|(key, _)| key).min());
            assert!(last < first, "{last:?} {first:?}");
        }
    }

    #[test]
    fn pieces_are_of_about_the_size_asked_for() {
        for keys in [keys(), (0..10_000).collect(), (0..10_000).rev().collect()] {
            let pieces = cut(&keys, 512, |key| *key);
            assert!(
                pieces.iter().all(|piece| (256..=1_024).contains(&piece.len())),
                "{:?}",
                pieces.iter().map(Vec::len)
            );
        }
    }

    #[test]
    fn a_batch_of_equal_keys_and_an_empty_one_are_no_trouble() {
        assert_eq!(cut(&[7_u64; 2_000], 512, |key| *key).iter().map(Vec::len).sum::<usize>(), 2_000);
        assert!(cut(&[0_u64; 0], 512, |key| *key).is_empty());
    }
}
