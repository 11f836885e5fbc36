//! Cases of notes, which every engine passes.

use async_trait::async_trait;
use strikebook_core::{
    Direction, Id, Limit, Listing, Page, Result, Store, Timestamp, Upserted, Words,
    maintenance::Dataset,
    port::Entry,
    trading::journal::{Note, NoteFilter, NoteKind, NoteQuery},
};

use super::parsed;
use crate::{
    Bench,
    case::{Case, cases},
    entries::{self, Entries, day, identity, some},
};

/// Notes, as the shared cases see them.
#[derive(Debug)]
pub struct Notes;

#[async_trait]
impl Entries for Notes {
    type Entry = Note;

    const DATASET: Dataset = Dataset::JournalNotes;

    fn entry(number: usize, at: Timestamp) -> Note {
        Note::new(identity(number), at, parsed("U1"), NoteKind::Observation, format!("note {number}"))
    }

    fn altered(entry: Note) -> Note {
        Note { text: "on second thought".to_owned(), ..entry }
    }

    fn invalid(entry: Note) -> Note {
        Note { text: " ".to_owned(), ..entry }
    }

    fn recorded(entry: Note, recorded_at: Timestamp) -> Note {
        Note { recorded_at, ..entry }
    }

    async fn insert(store: &dyn Store, entries: &[Note]) -> Result<Upserted> {
        store.add_notes(entries).await
    }

    async fn get(store: &dyn Store, id: Id<Note>) -> Result<Option<Note>> {
        store.get_note(id).await
    }

    async fn list(store: &dyn Store, query: &NoteQuery) -> Result<Page<Note>> {
        store.list_notes(query).await
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [
        entries::cases::<Notes>(),
        cases![every_field_comes_back, filters_keep_what_they_name, a_search_finds_all_words_in_any_case],
    ]
    .concat()
}

/// Every field comes back as it was written.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let full = Note {
        account: parsed("covered 'call'; --"),
        trade: Some(identity(7)),
        cycle: Some(identity(8)),
        kind: NoteKind::Retrospective,
        voided_at: Some(day(5)),
        amendment: Some("not mine".to_owned()),
        text: "Ich war zu früh.\n\"Δ\" 🎯".to_owned(),
        recorded_at: day(9),
        ..Notes::entry(0, day(1))
    };
    store.add_notes(std::slice::from_ref(&full)).await?;
    assert_eq!(store.get_note(full.id).await?, Some(full));
    Ok(())
}

/// Each field of a filter restricts the list, and all fields apply together.
async fn filters_keep_what_they_name(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut notes = some::<Notes>(5);
    notes[1].account = parsed("U2");
    notes[2].trade = Some(identity(7));
    notes[3].cycle = Some(identity(8));
    notes[4].kind = NoteKind::Decision;
    store.add_notes(&notes).await?;
    let none = NoteFilter::default;
    for (filter, count) in [
        (none(), 5),
        (NoteFilter { account: Some(parsed("U1")), ..none() }, 4),
        (NoteFilter { trade: Some(identity(7)), ..none() }, 1),
        (NoteFilter { cycle: Some(identity(8)), ..none() }, 1),
        (NoteFilter { kind: Some(NoteKind::Decision), ..none() }, 1),
        (NoteFilter { kind: Some(NoteKind::Decision), account: Some(parsed("U2")), ..none() }, 0),
    ] {
        let found = store.list_notes(&Listing::new(filter.clone())).await?.items;
        let expected: Vec<_> = notes.iter().filter(|note| note.is_admitted_by(&filter)).cloned().collect();
        assert_eq!((&found, found.len()), (&expected, count), "{filter:?}");
    }
    Ok(())
}

/// A search finds the notes in which all words occur, whole and in whatever case, also page by page.
async fn a_search_finds_all_words_in_any_case(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let texts = [
        "Skew steepened into the close.",
        "rolled the 30Δ put; SKEW again",
        "Die Straße: call%spread, a_b 'n\"",
        "called away",
        "skewed, not skew-free",
    ];
    let mut notes = some::<Notes>(texts.len());
    notes.iter_mut().zip(texts).for_each(|(note, text)| text.clone_into(&mut note.text));
    store.add_notes(&notes).await?;
    for (words, expected) in [
        ("skew", &[0, 1, 4][..]),
        ("CLOSE skew", &[0]),
        ("skew skew", &[0, 1, 4]),
        ("30δ", &[1]),
        ("STRASSE", &[2]),
        ("call", &[2]),
        ("b", &[2]),
        ("spread call", &[2]),
        ("steep", &[]),
        ("skew called", &[]),
    ] {
        let filter = NoteFilter { words: Some(Words::new(words)?), ..NoteFilter::default() };
        let found = store.list_notes(&Listing::new(filter.clone())).await?.items;
        let expected: Vec<_> = expected.iter().map(|number| notes[*number].clone()).collect();
        assert_eq!(found, expected, "{words}");
        let mut query = Listing::new(filter).with_limit(Limit::new(1).expect("above zero"));
        query.direction = Direction::NewestFirst;
        let mut paged = Vec::new();
        loop {
            let page = store.list_notes(&query).await?;
            assert!(page.items.len() <= 1);
            paged.extend(page.items);
            let Some(next) = page.next else { break };
            query = query.after(next);
        }
        paged.reverse();
        assert_eq!(paged, expected, "{words}");
    }
    let filter = NoteFilter { words: Some(Words::new("skew")?), trade: Some(identity(7)), ..NoteFilter::default() };
    assert_eq!(store.list_notes(&Listing::new(filter)).await?.items, [], "and all other conditions");
    Ok(())
}
