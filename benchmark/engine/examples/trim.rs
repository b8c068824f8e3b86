//! How long a thread that allocates has to wait while another takes expired sessions away.
//!
//! `cargo run --release --example trim [sessions [spread of deadlines in ms]]`

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use engine_benchmark::codec::encoding::Encoding;
use engine_benchmark::memory::{Limits, MemoryStore, Rank};
use engine_benchmark::memory::reclaim::Reclaimer;
use engine_benchmark::sample::{self, DAY, NOW};

fn main() {
    let sessions: usize = std::env::args().nth(1).map_or(1_000_000, |count| count.parse().unwrap());
    let spread: i64 = std::env::args().nth(2).map_or(0, |ms| ms.parse().unwrap());
    let store = MemoryStore::new(Limits::default());
    for number in 0..sessions {
        let deadline = NOW + DAY + if spread == 0 { 0 } else { (number as i64).wrapping_mul(7_919) % spread };
        let (id, text) = (sample::id(number), sample::text(number, deadline));
        store.write_text(id.as_bytes(), text.as_bytes(), Encoding::Ascii, deadline, Rank::New, NOW).unwrap();
    }
    println!("full: {:.0} MB", resident());
    let phase = AtomicU8::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_secs(1));
            phase.store(1, Ordering::Release);
            let mut to_free = Vec::new();
            let start = Instant::now();
            while store.sweep_into(NOW + 2 * DAY, 4096, &mut to_free).more {
                std::thread::sleep(Duration::from_millis(1));
            }
            println!("swept after {:?}", start.elapsed());
            phase.store(2, Ordering::Release);
            Reclaimer::default().free(&mut to_free);
            println!("freed after {:?}: {:.0} MB", start.elapsed(), resident());
            phase.store(3, Ordering::Release);
        });
        let mut worst = [0_u128; 3];
        let mut over = [[0_u32; 2]; 3];
        let mut kept = std::collections::VecDeque::new();
        let mut size = 1;
        loop {
            let now = phase.load(Ordering::Acquire) as usize;
            if now == 3 {
                break;
            }
            let start = Instant::now();
            size = size * 7_919 % 4093;
            kept.push_back(vec![1_u8; size + 16]);
            if kept.len() > 200 {
                kept.pop_front();
            }
            let took = start.elapsed().as_micros();
            worst[now] = worst[now].max(took);
            over[now][0] += u32::from(took > 500);
            over[now][1] += u32::from(took > 2000);
        }
        println!("longest allocation (µs) alone, during the sweep, during the freeing: {worst:?}");
        println!("how many took over 500, 2000 µs: {over:?}");
    });
}

fn resident() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<f64>().unwrap() * 4096.0 / 1e6
}
