//! The table against plain dashmap, moka and quick_cache: one thread, an id of 32 characters and 238 bytes of JSON.
//! All are in one process and take turns. The fastest round of each counts: what else the machine does slows all alike.
//!
//! `cargo run --release --example compare` prints a table in Markdown.

mod tables;

use std::time::Instant;

use engine_benchmark::sample;
use tables::{Table, tables};

const SIZES: [(usize, &str); 2] = [(10_000, "10,000"), (1_000_000, "1,000,000")];
const ROUNDS: usize = 40;
const OPERATIONS: usize = 20_000;

type Work = fn(&dyn Table, &str, usize);

/// First what is done to sessions that are there, then what is done to new ones.
const WORK: [(&str, Work); 6] = [
    ("get", |table, id, _| _ = table.get(id)),
    ("set", |table, id, number| table.set(id, number)),
    ("touch", |table, id, number| table.touch(id, number)),
    ("get and touch", |table, id, number| table.get_and_touch(id, number)),
    ("create", |table, id, number| table.set(id, number)),
    ("destroy", |table, id, _| table.destroy(id)),
];
const ON_NEW: usize = 4;

fn main() {
    let names: Vec<_> = tables(0).iter().map(|(name, _)| *name).collect();
    println!("| | {} | ours / dashmap |\n|---|{}", names.join(" | "), "--:|".repeat(names.len() + 1));
    for (size, text) in SIZES {
        for ((name, _), best) in WORK.iter().zip(measure(size)) {
            let cells: Vec<_> = best.iter().map(|ns| format!("{ns:.0} ns")).collect();
            println!("| {name}, {text} sessions | {} | {:.2}× |", cells.join(" | "), best[0] / best[1]);
        }
    }
}

/// Nanoseconds of an operation, by kind of work and table.
fn measure(size: usize) -> Vec<Vec<f64>> {
    let tables = tables(size);
    let mut ids: Vec<String> = (0..size).map(sample::id).collect();
    for (_, table) in &tables {
        ids.iter().enumerate().for_each(|(number, id)| table.set(id, number));
    }
    ids.resize(size + OPERATIONS, String::new());
    let mut best = vec![vec![f64::MAX; tables.len()]; WORK.len()];
    let mut at = 0;
    for round in 0..ROUNDS {
        // A walk over all ids that no cache foresees, and ids that no table has had.
        let step = (7_919 * 1_009 % size) | 1;
        let mut numbers = Vec::with_capacity(ON_NEW * OPERATIONS);
        numbers.resize_with(ON_NEW * OPERATIONS, || {
            at = (at + step) % size;
            at
        });
        for number in 0..OPERATIONS {
            ids[size + number] = sample::id(size + round * OPERATIONS + number);
        }
        let new: Vec<usize> = (size..size + OPERATIONS).collect();
        for turn in 0..tables.len() {
            let which = (turn + round) % tables.len();
            for (kind, (_, work)) in WORK.iter().enumerate() {
                let numbers = if kind < ON_NEW { &numbers[kind * OPERATIONS..][..OPERATIONS] } else { &new };
                let start = Instant::now();
                numbers.iter().for_each(|&number| work(&*tables[which].1, &ids[number], number));
                let ns = start.elapsed().as_nanos() as f64 / OPERATIONS as f64;
                best[kind][which] = best[kind][which].min(ns);
            }
        }
    }
    best
}
