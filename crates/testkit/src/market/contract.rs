//! Option contracts and what is known of each.
