//! The table against plain dashmap as ratios: both in one process, round by round, the fastest
//! round of each. Holds on a busy machine, where criterion's figures do not.
//!
//! `cargo run --release --example ratio [sessions]`

#[path = "../benches/tables.rs"]
#[expect(dead_code, reason = "two of the contestants are used here")]
mod tables;

use std::time::Instant;

use dashmap::DashMap;
use engine_benchmark::sample;
use tables::{Ours, Table};

const ROUNDS: usize = 60;
const OPERATIONS: usize = 20_000;

fn main() {
    let size: usize = std::env::args().nth(1).map_or(1_000_000, |count| count.parse().unwrap());
    let ids: Vec<String> = (0..size).map(sample::id).collect();
    let ours = Ours::new(size);
    let theirs = DashMap::<String, String>::new();
    for (number, id) in ids.iter().enumerate() {
        ours.set(id, number);
        theirs.set(id, number);
    }
    println!("{size} sessions, ns per operation (fastest of {ROUNDS} rounds)");
    let mut at = 0;
    let mut walk = || {
        at = (at + ((7_919 * 1_009 % size) | 1)) % size;
        at
    };
    let mut compare = |name: &str, ours_does: &mut dyn FnMut(usize), theirs_do: &mut dyn FnMut(usize)| {
        let mut best = [f64::MAX; 2];
        for _ in 0..ROUNDS {
            let numbers: Vec<usize> = (0..OPERATIONS).map(|_| walk()).collect();
            // Each has the other's operations first in every other round.
            best[0] = best[0].min(time(&numbers, ours_does));
            let numbers: Vec<usize> = (0..OPERATIONS).map(|_| walk()).collect();
            best[1] = best[1].min(time(&numbers, theirs_do));
        }
        println!("{name:8} ours {:6.0}  dashmap {:6.0}  ratio {:.2}", best[0], best[1], best[0] / best[1]);
    };
    compare("get", &mut |n| _ = ours.get(&ids[n]), &mut |n| _ = theirs.get(&ids[n]).map(|t| t.len()));
    compare("get copy", &mut |n| _ = ours.get(&ids[n]), &mut |n| _ = Table::get(&theirs, &ids[n]));
    compare("set", &mut |n| ours.set(&ids[n], n), &mut |n| theirs.set(&ids[n], n));
    compare("touch", &mut |n| ours.touch(&ids[n], n), &mut |n| theirs.touch(&ids[n], n));
}

fn time(numbers: &[usize], work: &mut dyn FnMut(usize)) -> f64 {
    let start = Instant::now();
    for number in numbers {
        work(*number);
    }
    start.elapsed().as_nanos() as f64 / numbers.len() as f64
}
