//! A batch on its way into a transaction: cut by key into pieces, so that one is written while the next is made.

use std::{
    iter, mem,
    sync::mpsc::{self, Receiver},
};

use strikebook_core::{Error, Result, Timestamp, Upserted};

use super::{
    Key, Versioned,
    merge::{any_within, merge, span},
};
use crate::{
    codec::RowWriter,
    dialect::{AppendOrder, Dialect},
    materialised,
    session::{RowSource, Session, Target, lock, row_at},
};

/// The number of rows in every piece but the last: few enough to stay in the cache until they are written.
const ROWS_PER_PIECE: usize = 20_480;

/// Rows with different keys, and the number of others left out because a later row of the batch has their key.
struct Piece<R> {
    rows: Vec<R>,
    repeated: usize,
}

/// The pieces of a batch, as a transaction takes them.
pub(crate) struct PieceStream<R> {
    pieces: Pieces<R>,
    /// The number of rows in the whole batch.
    rows: usize,
    /// The first and the last instant of the batch, when the engine tells at once whether it has rows between them. A
    /// single piece is compared as fast.
    span: Option<(Timestamp, Timestamp)>,
}

enum Pieces<R> {
    /// The batch is one piece, which is taken once.
    Single(Option<Piece<R>>),
    /// The pieces come from the caller's thread, or the error that kept the next one from being made.
    Arriving(Receiver<Result<Piece<R>>>),
}

/// Cuts a batch into pieces, and hands their stream to `write`, which writes them in a transaction. `keys` has the key
/// of each row, and `row` makes the row at an index. A batch of several pieces is made by this thread while the
/// transaction writes those that are ready.
///
/// # Errors
/// Those of `row` and `write`.
pub(crate) async fn in_pieces<R: Versioned, T, W: Future<Output = Result<T>>>(
    keys: &[Key<R>],
    dialect: &Dialect,
    row: impl Fn(usize) -> Result<R>,
    write: impl FnOnce(PieceStream<R>) -> W,
) -> Result<T> {
    let (rows, order) = (keys.len(), dialect.append_order);
    if rows <= ROWS_PER_PIECE {
        let mut single = None;
        make_pieces(keys, order, row, |piece| {
            single = Some(piece);
            Ok(())
        })?;
        return write(PieceStream { pieces: Pieces::Single(single), rows, span: None }).await;
    }
    let (sender, receiver) = mpsc::channel();
    let span = dialect.finds_spans.then(|| span(keys.iter().map(|(_, at)| *at)));
    let written = write(PieceStream { pieces: Pieces::Arriving(receiver), rows, span });
    // All pieces are made when this is polled for the first time, so that no transaction ever waits for a caller.
    let made = async move {
        let made = make_pieces(keys, order, row, |piece| sender.send(Ok(piece)).map_err(|_| Error::closed()));
        if let Err(error) = made {
            // A transaction that has failed takes nothing more, and returns its own error.
            let _ = sender.send(Err(error));
        }
    };
    tokio::join!(biased; written, made).0
}

/// Makes the pieces of a batch in the order in which an engine likes rows appended, and hands each over.
fn make_pieces<R: Versioned>(
    keys: &[Key<R>],
    order: AppendOrder,
    row: impl Fn(usize) -> Result<R>,
    mut hand_over: impl FnMut(Piece<R>) -> Result<()>,
) -> Result<()> {
    let make = |indices: &[usize], repeated| {
        let mut rows = Vec::with_capacity(indices.len());
        for index in indices {
            rows.push(row(*index)?);
        }
        hand_over(Piece { rows, repeated })
    };
    match order {
        AppendOrder::Series => in_order(keys, ROWS_PER_PIECE, |key| *key, make),
        AppendOrder::Time => in_order(keys, ROWS_PER_PIECE, |(series, at)| (*at, *series), make),
    }
}

/// Hands over the indices of a batch's rows in the order of their keys, of each key the last: `size` of them at a time,
/// then the rest, and each time the number of others that were left out.
fn in_order<K, S: Ord + Copy>(
    keys: &[K],
    size: usize,
    by: impl Fn(&K) -> S,
    mut hand_over: impl FnMut(&[usize], usize) -> Result<()>,
) -> Result<()> {
    let (mut ready, mut repeated) = (Vec::new(), 0);
    for mut indices in cut(keys, size, by)? {
        let before = indices.len();
        // The last row of a key is the one to keep.
        indices.sort_unstable_by(|(a, first), (b, second)| a.cmp(b).then(second.cmp(first)));
        indices.dedup_by_key(|(key, _)| *key);
        repeated += before - indices.len();
        // Those left over from the part before come before all of these.
        ready.extend(indices.into_iter().map(|(_, index)| index));
        let full = ready.len() - ready.len() % size;
        for indices in ready[..full].chunks(size) {
            hand_over(indices, mem::take(&mut repeated))?;
        }
        ready.drain(..full);
    }
    if ready.is_empty() { Ok(()) } else { hand_over(&ready, repeated) }
}

/// Cuts a batch into parts of about a size, each as keys with the indices of their rows: every key of a part comes
/// before every key of the next. Only a part whose keys are mostly equal is much longer.
fn cut<K, S: Ord + Copy>(keys: &[K], size: usize, by: impl Fn(&K) -> S) -> Result<Vec<Vec<(S, usize)>>> {
    /// The number of keys that are looked at for each part, to find where it begins.
    const SAMPLE: usize = 128;
    let number = keys.len().div_ceil(size);
    let mut sample: Vec<_> = keys.iter().step_by((keys.len() / (number * SAMPLE).max(1)).max(1)).map(&by).collect();
    sample.sort_unstable();
    let bounds: Vec<_> = (1..number).filter_map(|i| sample.get(i * sample.len() / number).copied()).collect();
    let mut parts: Vec<_> = (0..number).map(|_| Vec::with_capacity(size.min(keys.len()))).collect();
    for (index, key) in keys.iter().map(by).enumerate() {
        let part = parts.get_mut(bounds.partition_point(|bound| *bound <= key));
        part.ok_or_else(|| Error::internal("a row of a batch lies in none of its parts"))?.push((key, index));
    }
    Ok(parts)
}

impl<R: Versioned> PieceStream<R> {
    /// Writes all rows into their table, each after `finish` has seen it: merged with the stored ones, or appended
    /// where there are none to merge with.
    pub(crate) fn into_table(
        self,
        session: &mut dyn Session,
        finish: impl FnMut(&mut R) -> Result<()> + Send,
    ) -> Result<Upserted> {
        lock(session, R::TABLE.name)?;
        let Self { pieces, rows, span } = self;
        let mut taken = Taken { pieces, finish, piece: Vec::new(), rows: 0, repeated: 0 };
        let mut done = Upserted::default();
        if let Some(span) = span
            && !any_within::<R>(session, span)?
        {
            session.append(Target::Table(R::TABLE.name), &R::TABLE, &mut taken)?;
            materialised::invalidate(session, R::TABLE.name, span.0)?;
            done.inserted = taken.rows;
        } else {
            let at_once = session.dialect().rows_per_merge.div_ceil(ROWS_PER_PIECE);
            while let pieces @ [_, ..] = &taken.some(at_once)?[..] {
                done += merge(session, pieces.iter().flatten())?;
            }
        }
        done.repeated = taken.repeated;
        // Fewer come only from a caller that is gone.
        if taken.rows + taken.repeated == rows as u64 { Ok(done) } else { Err(Error::closed()) }
    }
}

/// The pieces that a transaction takes, and the number of rows in those taken so far.
struct Taken<R, F> {
    pieces: Pieces<R>,
    finish: F,
    /// The rows of the piece taken last.
    piece: Vec<R>,
    rows: u64,
    repeated: u64,
}

impl<R, F: FnMut(&mut R) -> Result<()>> Taken<R, F> {
    /// Takes a piece; `None` when there is none left.
    fn next(&mut self) -> Result<Option<Vec<R>>> {
        let piece = match &mut self.pieces {
            Pieces::Single(piece) => piece.take(),
            // The sender is gone when all pieces were sent, or when the caller is.
            Pieces::Arriving(pieces) => pieces.recv().ok().transpose()?,
        };
        let Some(Piece { mut rows, repeated }) = piece else { return Ok(None) };
        rows.iter_mut().try_for_each(&mut self.finish)?;
        self.rows += rows.len() as u64;
        self.repeated += repeated as u64;
        Ok(Some(rows))
    }

    /// Takes that many pieces, or all that are left.
    fn some(&mut self, pieces: usize) -> Result<Vec<Vec<R>>> {
        iter::from_fn(|| self.next().transpose()).take(pieces).collect()
    }
}

impl<R: Versioned, F: FnMut(&mut R) -> Result<()> + Send> RowSource for Taken<R, F> {
    fn next_piece(&mut self) -> Result<usize> {
        self.piece = self.next()?.unwrap_or_default();
        Ok(self.piece.len())
    }

    fn write(&self, row: usize, to: &mut dyn RowWriter) -> Result<()> {
        row_at(&self.piece, row)?.write(to)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use strikebook_core::ErrorKind;

    use super::*;

    /// Keys that repeat, in no order.
    fn keys() -> Vec<u64> {
        (0..10_000).map(|i: u64| i * 7_919 % 10_007 % 3_000).collect()
    }

    #[test]
    fn each_row_is_in_one_piece_and_the_pieces_are_in_order() -> Result<()> {
        let keys = keys();
        let pieces = cut(&keys, 512, |key| *key)?;
        let mut places: Vec<_> = pieces.iter().flatten().map(|(_, place)| *place).collect();
        assert!(pieces.iter().flatten().all(|(key, place)| keys[*place] == *key));
        places.sort_unstable();
        assert!(places.into_iter().eq(0..keys.len()));
        for (piece, next) in pieces.iter().zip(&pieces[1..]) {
            let (last, first) = (piece.iter().map(|(key, _)| key).max(), next.iter().map(|(key, _)| key).min());
            assert!(last < first, "{last:?} {first:?}");
        }
        Ok(())
    }

    #[test]
    fn of_each_key_the_last_row_is_given_and_all_pieces_but_the_last_are_full() -> Result<()> {
        let keys = keys();
        let (mut places, mut sizes, mut left_out) = (Vec::new(), Vec::new(), 0);
        in_order(
            &keys,
            512,
            |key| *key,
            |piece, repeated| {
                places.extend_from_slice(piece);
                sizes.push(piece.len());
                left_out += repeated;
                Ok(())
            },
        )?;
        let last: BTreeMap<_, _> = keys.iter().enumerate().map(|(place, key)| (key, place)).collect();
        assert!(places.iter().eq(last.values()));
        assert_eq!(places.len() + left_out, keys.len());
        let (rest, full) = sizes.split_last().expect("there are rows");
        assert!(full.iter().all(|size| *size == 512) && (1..=512).contains(rest), "{sizes:?}");
        Ok(())
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
                if given == 2 { Err(Error::closed()) } else { Ok(()) }
            },
        );
        assert_eq!((refused.map_err(|error| error.kind()), given), (Err(ErrorKind::Closed), 2));
    }

    #[test]
    fn pieces_are_of_about_the_size_asked_for() -> Result<()> {
        for keys in [keys(), (0..10_000).collect(), (0..10_000).rev().collect()] {
            let pieces = cut(&keys, 512, |key| *key)?;
            assert!(
                pieces.iter().all(|piece| (256..=1_024).contains(&piece.len())),
                "{:?}",
                pieces.iter().map(Vec::len)
            );
        }
        Ok(())
    }

    #[test]
    fn a_batch_of_equal_keys_and_an_empty_one_are_no_trouble() -> Result<()> {
        assert_eq!(cut(&[7_u64; 2_000], 512, |key| *key)?.iter().map(Vec::len).sum::<usize>(), 2_000);
        assert!(cut(&[0_u64; 0], 512, |key| *key)?.is_empty());
        Ok(())
    }
}
