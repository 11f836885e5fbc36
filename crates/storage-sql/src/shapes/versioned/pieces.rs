//! A batch on its way into a transaction: cut by key into pieces, so that one is written while the next is made.

use std::{
    iter, mem,
    sync::mpsc::{self, Receiver, Sender},
};

use strikebook_core::{Error, Result, Timestamp, Upserted};

use crate::{
    codec::RowWriter,
    dialect::AppendOrder,
    kept,
    session::{self, Rows, Session, Target},
    shapes::versioned::{self, Key, Versioned},
};

/// Rows in every piece but the last: few enough to stay in the cache until they are written.
const PIECE: usize = 20_480;

/// Pieces that are compared with the stored rows at once: many enough for the question to pay. Their rows are those of
/// one of DuckDB's row groups, which that engine writes into its file as they come; rows that fill none go into its log
/// first, and into the file when the log does.
const AT_ONCE: usize = 6;

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
    /// The first and the last instant in it, when the engine has its rows by time and so tells at once whether it has
    /// any between them; a single piece is compared as fast.
    span: Option<(Timestamp, Timestamp)>,
}

/// Both ends of the way of the rows with these keys into an engine that likes them in an order.
pub(crate) fn pieces<R: Versioned>(keys: &[Key<R>], order: AppendOrder) -> (Giver<R>, Taker<R>) {
    let (send, pieces) = mpsc::channel();
    let worth_asking = order == AppendOrder::Time && keys.len() > PIECE;
    let span = worth_asking.then(|| versioned::span(keys.iter().map(|(_, at)| *at)));
    (Giver(send), Taker { pieces, rows: keys.len(), span })
}

impl<R: Versioned> Giver<R> {
    /// Gives all rows of a batch in the order in which an engine likes them. `keys` has the key of each, and `row`
    /// makes the one at a place.
    pub(crate) fn give(self, keys: &[Key<R>], order: AppendOrder, row: impl Fn(usize) -> Option<R>) {
        match order {
            AppendOrder::Key => self.give_by(keys, |key| *key, row),
            AppendOrder::Time => self.give_by(keys, |(series, at)| (*at, *series), row),
        }
    }

    fn give_by<S: Ord + Copy>(self, keys: &[Key<R>], by: impl Fn(&Key<R>) -> S, row: impl Fn(usize) -> Option<R>) {
        // A transaction that has failed takes no more, and tells why itself.
        let _ = in_order(keys, PIECE, by, |places, repeated| {
            let mut rows = Vec::with_capacity(places.len());
            rows.extend(places.iter().filter_map(|place| row(*place)));
            self.0.send(Piece { rows, repeated })
        });
    }
}

/// Gives the places of a batch's rows in the order of their keys, of each key the last: as many as asked for at a time,
/// then the rest, and each time how many others were left out.
fn in_order<K, S: Ord + Copy, E>(
    keys: &[K],
    size: usize,
    by: impl Fn(&K) -> S,
    mut give: impl FnMut(&[usize], usize) -> Result<(), E>,
) -> Result<(), E> {
    let (mut ready, mut repeated) = (Vec::new(), 0);
    for mut places in cut(keys, size, by) {
        let passed = places.len();
        // The last row of a key is the one to keep.
        places.sort_unstable_by(|(a, first), (b, second)| a.cmp(b).then(second.cmp(first)));
        places.dedup_by_key(|(key, _)| *key);
        repeated += passed - places.len();
        // What was left over comes before all of these.
        ready.extend(places.into_iter().map(|(_, place)| place));
        let full = ready.len() - ready.len() % size;
        for places in ready[..full].chunks(size) {
            give(places, mem::take(&mut repeated))?;
        }
        ready.drain(..full);
    }
    if ready.is_empty() { Ok(()) } else { give(&ready, repeated) }
}

/// Cuts a batch into pieces of about a size, each as keys with their places: every key of a piece comes before every
/// key of the next. Only a piece whose keys are mostly equal is much longer.
fn cut<K, S: Ord + Copy>(keys: &[K], size: usize, by: impl Fn(&K) -> S) -> Vec<Vec<(S, usize)>> {
    /// Keys looked at for each piece, to find where it begins.
    const SAMPLE: usize = 128;
    let number = keys.len().div_ceil(size);
    let mut sample: Vec<_> = keys.iter().step_by((keys.len() / (number * SAMPLE).max(1)).max(1)).map(&by).collect();
    sample.sort_unstable();
    let bounds: Vec<_> = (1..number).filter_map(|i| sample.get(i * sample.len() / number).copied()).collect();
    let mut pieces: Vec<_> = (0..number).map(|_| Vec::with_capacity(size.min(keys.len()))).collect();
    for (place, key) in keys.iter().map(by).enumerate() {
        if let Some(piece) = pieces.get_mut(bounds.partition_point(|bound| *bound <= key)) {
            piece.push((key, place));
        }
    }
    pieces
}

impl<R: Versioned> Taker<R> {
    /// Merges all rows into their table, each after `finish` has seen it.
    pub(crate) fn merge(self, session: &mut dyn Session, finish: impl Fn(&mut R) + Send) -> Result<Upserted> {
        session::lock(session, R::TABLE.name)?;
        let Self { pieces, rows, span } = self;
        let mut passing = Passing { pieces, finish, piece: Vec::new(), rows: 0, repeated: 0 };
        let mut done = Upserted::default();
        if let Some(span) = span
            && !versioned::any_within::<R>(session, span)?
        {
            session.append(Target::Table(R::TABLE.name), &R::TABLE, &mut passing)?;
            kept::lower(session, R::TABLE.name, span.0)?;
            done.inserted = passing.rows;
        } else {
            while let pieces @ [_, ..] = &passing.some(AT_ONCE)[..] {
                done += versioned::merge(session, pieces.iter().flatten())?;
            }
        }
        done.repeated = passing.repeated;
        // Fewer come only from a caller that is gone.
        if passing.rows + passing.repeated == rows as u64 { Ok(done) } else { Err(Error::closed()) }
    }
}

/// The pieces as they come, and what has passed of them.
struct Passing<R, F> {
    pieces: Receiver<Piece<R>>,
    finish: F,
    /// The rows that came last.
    piece: Vec<R>,
    rows: u64,
    repeated: u64,
}

impl<R, F: Fn(&mut R)> Passing<R, F> {
    fn next(&mut self) -> Option<Vec<R>> {
        let Piece { mut rows, repeated } = self.pieces.recv().ok()?;
        rows.iter_mut().for_each(&self.finish);
        self.rows += rows.len() as u64;
        self.repeated += repeated as u64;
        Some(rows)
    }

    /// The rows of so many pieces, or of all that are left.
    fn some(&mut self, pieces: usize) -> Vec<Vec<R>> {
        iter::from_fn(|| self.next()).take(pieces).collect()
    }
}

impl<R: Versioned, F: Fn(&mut R) + Send> Rows for Passing<R, F> {
    fn next_piece(&mut self) -> usize {
        self.piece = self.next().unwrap_or_default();
        self.piece.len()
    }

    fn write(&self, row: usize, to: &mut dyn RowWriter) -> Result<()> {
        self.piece.get(row).map_or(Ok(()), |row| row.write(to))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

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
    fn of_each_key_the_last_row_is_given_and_all_pieces_but_the_last_are_full() {
        let keys = keys();
        let (mut places, mut sizes, mut left_out) = (Vec::new(), Vec::new(), 0);
        let given = in_order(
            &keys,
            512,
            |key| *key,
            |piece, repeated| {
                places.extend_from_slice(piece);
                sizes.push(piece.len());
                left_out += repeated;
                Ok::<_, ()>(())
            },
        );
        assert_eq!(given, Ok(()));
        let last: BTreeMap<_, _> = keys.iter().enumerate().map(|(place, key)| (key, place)).collect();
        assert!(places.iter().eq(last.values()));
        assert_eq!(places.len() + left_out, keys.len());
        let (rest, full) = sizes.split_last().expect("there are rows");
        assert!(full.iter().all(|size| *size == 512) && (1..=512).contains(rest), "{sizes:?}");
    }

    #[test]
    fn nothing_more_is_given_once_one_piece_was_refused() {
        let mut given = 0;
        let refused = in_order(
            &keys(),
            512,
            |key| *key,
            |_, _| {
                given += 1;
                if given == 2 { Err("enough") } else { Ok(()) }
            },
        );
        assert_eq!((refused, given), (Err("enough"), 2));
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
