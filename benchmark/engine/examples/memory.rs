//! Resident bytes per session: `cargo run --release --example memory [sessions]`.

use std::time::Instant;

use engine_benchmark::codec::encoding::Encoding;
use engine_benchmark::memory::{Limits, MemoryStore, Rank};
use engine_benchmark::sample::{self, DAY, NOW};

fn main() {
    let sessions: usize = std::env::args().nth(1).map_or(1_000_000, |count| count.parse().unwrap());
    let store = MemoryStore::new(Limits::default());
    println!("one text: {} bytes", sample::text(sessions - 1, NOW + DAY).len());
    let empty = resident();
    let mut slowest = 0;
    let start = Instant::now();
    for number in 0..sessions {
        let deadline = NOW + DAY + number as i64 % 60_000;
        let (id, text) = (sample::id(number), sample::text(number, deadline));
        let start = Instant::now();
        store.write_text(id.as_bytes(), text.as_bytes(), Encoding::Ascii, deadline, Rank::New, NOW).unwrap();
        slowest = slowest.max(start.elapsed().as_micros());
    }
    let full = resident() - empty;
    println!("{sessions} sessions in {:?}, slowest set {slowest} µs", start.elapsed());
    println!("resident: {:.1} bytes per session", full as f64 / sessions as f64);
    println!("stats():  {:.1} bytes per session", store.stats().bytes as f64 / sessions as f64);

    let start = Instant::now();
    let (mut steps, mut slowest) = (0, 0);
    loop {
        let start = Instant::now();
        let swept = store.sweep(NOW + 2 * DAY, 1024);
        slowest = slowest.max(start.elapsed().as_micros());
        steps += 1;
        if !swept.more {
            break;
        }
    }
    println!("all expired in {:?}, {steps} steps, slowest {slowest} µs", start.elapsed());
    println!("resident after: {:.1} MB", (resident() - empty) as f64 / 1e6);

    // Many more than fit into what is free now.
    let before = resident();
    let stores: Vec<_> = (0..100_000).map(|_| MemoryStore::new(Limits::default())).collect();
    println!("an empty store: about {} bytes", (resident() - before) / stores.len() as i64);
}

/// Resident bytes of this process.
fn resident() -> i64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<i64>().unwrap() * 4096
}
