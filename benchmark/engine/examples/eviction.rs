//! Which sessions are lost at the bound, under this store's policy and under others.
//!
//! `cargo run --release --example eviction`

use std::collections::{HashMap, HashSet, VecDeque};

use engine_benchmark::codec::encoding::Encoding;
use engine_benchmark::engines::memory::{Limits, MemoryStore};
use engine_benchmark::sample::{self, DAY, NOW};

/// A bounded set of sessions.
trait Policy {
    fn name(&self) -> &'static str;
    /// A session is made.
    fn insert(&mut self, id: u64, returned: bool);
    /// A client comes back. Whether its session is still there.
    fn get(&mut self, id: u64) -> bool;
    fn remove(&mut self, id: u64);
}

struct Ours(MemoryStore);

impl Ours {
    fn new(capacity: usize) -> Self {
        Ours(MemoryStore::new(Limits { max_sessions: Some(capacity as u64), max_bytes: None }))
    }
}

impl Policy for Ours {
    fn name(&self) -> &'static str {
        "this store"
    }
    fn insert(&mut self, id: u64, returned: bool) {
        let id = sample::id(id as usize);
        self.0.write_text(id.as_bytes(), b"{}", Encoding::Ascii, NOW + DAY, returned, NOW).unwrap();
    }
    fn get(&mut self, id: u64) -> bool {
        self.0.read(sample::id(id as usize).as_bytes(), NOW, true, |_| ()).is_some()
    }
    fn remove(&mut self, id: u64) {
        self.0.destroy(sample::id(id as usize).as_bytes(), NOW);
    }
}

/// A queue with removal by leaving stale entries behind: the newest stamp of an id counts.
#[derive(Default)]
struct Queue {
    order: VecDeque<(u64, u64)>,
    stamps: HashMap<u64, u64>,
    next: u64,
}

impl Queue {
    fn push(&mut self, id: u64) {
        self.next += 1;
        self.stamps.insert(id, self.next);
        self.order.push_back((id, self.next));
        if self.order.len() > 4 * self.stamps.len() + 64 {
            self.order.retain(|(id, stamp)| self.stamps.get(id) == Some(stamp));
        }
    }
    fn pop(&mut self) -> Option<u64> {
        while let Some((id, stamp)) = self.order.pop_front() {
            if self.stamps.get(&id) == Some(&stamp) {
                self.stamps.remove(&id);
                return Some(id);
            }
        }
        None
    }
    fn remove(&mut self, id: u64) -> bool {
        self.stamps.remove(&id).is_some()
    }
    fn has(&self, id: u64) -> bool {
        self.stamps.contains_key(&id)
    }
    fn len(&self) -> usize {
        self.stamps.len()
    }
}

struct Lru {
    queue: Queue,
    capacity: usize,
}

impl Policy for Lru {
    fn name(&self) -> &'static str {
        "LRU (memorystore)"
    }
    fn insert(&mut self, id: u64, _: bool) {
        self.queue.push(id);
        if self.queue.len() > self.capacity {
            self.queue.pop();
        }
    }
    fn get(&mut self, id: u64) -> bool {
        let hit = self.queue.has(id);
        if hit {
            self.queue.push(id);
        }
        hit
    }
    fn remove(&mut self, id: u64) {
        self.queue.remove(id);
    }
}

/// Segmented LRU: probation and a protected segment of 80 %.
struct Slru {
    probation: Queue,
    protected: Queue,
    capacity: usize,
}

impl Policy for Slru {
    fn name(&self) -> &'static str {
        "SLRU, 80 % protected"
    }
    fn insert(&mut self, id: u64, _: bool) {
        self.probation.push(id);
        if self.probation.len() + self.protected.len() > self.capacity && self.probation.pop().is_none() {
            self.protected.pop();
        }
    }
    fn get(&mut self, id: u64) -> bool {
        if self.protected.has(id) {
            self.protected.push(id);
            return true;
        }
        if !self.probation.remove(id) {
            return false;
        }
        self.protected.push(id);
        if self.protected.len() > self.capacity * 8 / 10 {
            let demoted = self.protected.pop().unwrap();
            self.probation.push(demoted);
        }
        true
    }
    fn remove(&mut self, id: u64) {
        self.probation.remove(id);
        self.protected.remove(id);
    }
}

/// S3-FIFO: a small queue of 10 %, a main one, and the ids that left the small one.
struct S3Fifo {
    small: Queue,
    main: Queue,
    ghost: Queue,
    frequency: HashMap<u64, u8>,
    capacity: usize,
}

impl S3Fifo {
    fn new(capacity: usize) -> Self {
        let [small, main, ghost] = [(); 3].map(|()| Queue::default());
        S3Fifo { small, main, ghost, frequency: HashMap::new(), capacity }
    }
    fn evict(&mut self) {
        if self.small.len() > self.capacity / 10 {
            while let Some(id) = self.small.pop() {
                if self.frequency.get(&id).copied().unwrap_or(0) > 1 {
                    self.main.push(id);
                    self.frequency.insert(id, 0);
                } else {
                    self.frequency.remove(&id);
                    self.ghost.push(id);
                    if self.ghost.len() > self.capacity {
                        self.ghost.pop();
                    }
                    return;
                }
            }
        }
        while let Some(id) = self.main.pop() {
            match self.frequency.get_mut(&id) {
                Some(count) if *count > 0 => {
                    *count -= 1;
                    self.main.push(id);
                }
                _ => {
                    self.frequency.remove(&id);
                    return;
                }
            }
        }
        self.small.pop();
    }
}

impl Policy for S3Fifo {
    fn name(&self) -> &'static str {
        "S3-FIFO"
    }
    fn insert(&mut self, id: u64, _: bool) {
        while self.small.len() + self.main.len() >= self.capacity {
            self.evict();
        }
        if self.ghost.remove(id) {
            self.main.push(id)
        } else {
            self.small.push(id)
        }
        self.frequency.insert(id, 0);
    }
    fn get(&mut self, id: u64) -> bool {
        let hit = self.small.has(id) || self.main.has(id);
        if hit {
            let count = self.frequency.entry(id).or_default();
            *count = (*count + 1).min(3);
        }
        hit
    }
    fn remove(&mut self, id: u64) {
        self.small.remove(id);
        self.main.remove(id);
        self.frequency.remove(&id);
    }
}

/// W-TinyLFU, as moka does it.
struct Moka(moka::sync::Cache<u64, ()>);

impl Policy for Moka {
    fn name(&self) -> &'static str {
        "W-TinyLFU (moka)"
    }
    fn insert(&mut self, id: u64, _: bool) {
        self.0.insert(id, ());
        self.0.run_pending_tasks();
    }
    fn get(&mut self, id: u64) -> bool {
        self.0.get(&id).is_some()
    }
    fn remove(&mut self, id: u64) {
        self.0.invalidate(&id);
    }
}

fn policies(capacity: usize) -> Vec<Box<dyn Policy>> {
    vec![
        Box::new(Ours::new(capacity)),
        Box::new(Lru { queue: Queue::default(), capacity }),
        Box::new(Slru { probation: Queue::default(), protected: Queue::default(), capacity }),
        Box::new(S3Fifo::new(capacity)),
        Box::new(Moka(moka::sync::Cache::new(capacity as u64))),
    ]
}

/// A generator of numbers, the same every time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }
    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// The flood: 10,000 sessions at most; 1,000 users come once a minute; 2,000 new sessions a second
/// that nobody comes back to, for two minutes; 100 more users log in during it. A flood that keeps
/// its cookies comes back `returns` times with each session.
fn flood(policy: &mut dyn Policy, returns: u64) -> usize {
    let mut random = Random(1);
    let mut fresh = 1_000_000;
    let mut users: Vec<(u64, u64)> = (0..1000).map(|user| (user, random.below(60_000))).collect();
    for (user, _) in &users {
        policy.insert(*user, true);
        policy.get(*user);
    }
    let mut lost = HashSet::new();
    let mut pending = Vec::new();
    for ms in 0..120_000_u64 {
        for _ in 0..2 {
            fresh += 1;
            policy.insert(fresh, false);
            for _ in 0..returns {
                policy.get(fresh);
            }
        }
        // A login: a page with a form, the form sent two seconds later, a new id.
        if ms % 1200 == 600 {
            fresh += 1;
            policy.insert(fresh, false);
            pending.push((fresh, ms + 2000));
        }
        pending.retain(|(id, due)| {
            if *due == ms {
                if !policy.get(*id) {
                    lost.insert(*id);
                }
                policy.remove(*id);
                let user = id + 10_000_000;
                policy.insert(user, true);
                users.push((user, ms % 60_000));
            }
            *due > ms
        });
        for (user, at) in &users {
            if ms % 60_000 == *at && ms > 0 && *user < 1000 + 20_000_000 && !policy.get(*user) {
                lost.insert(*user);
            }
        }
    }
    lost.len()
}

/// Users of whom some come far more often than others; a session that was lost is made anew.
/// Returns the share of requests that found no session.
fn zipf(policy: &mut dyn Policy, users: usize, strangers: f64) -> f64 {
    let mut random = Random(2);
    let mut sum = 0.0;
    let weights: Vec<f64> = (1..=users)
        .map(|rank| {
            sum += 1.0 / (rank as f64).powf(0.9);
            sum
        })
        .collect();
    let (mut asked, mut lost, mut stranger) = (0, 0, 1 << 40);
    let mut known = HashSet::new();
    for _ in 0..2_000_000 {
        if random.unit() < strangers {
            stranger += 1;
            policy.insert(stranger, false);
            continue;
        }
        let point = random.unit() * sum;
        let user = weights.partition_point(|weight| *weight < point) as u64;
        asked += 1;
        if !policy.get(user) {
            // The first visit is nobody's fault.
            lost += u32::from(!known.insert(user));
            policy.insert(user, false);
        }
    }
    f64::from(lost) / f64::from(asked)
}

fn main() {
    println!(
        "| policy | flood | flood, each cookie sent back once | zipf, 5× too many users | and half strangers |"
    );
    println!("| --- | --- | --- | --- | --- |");
    for index in 0..5 {
        let fresh = || policies(10_000).swap_remove(index);
        let name = fresh().name();
        let (blind, returning) = (flood(&mut *fresh(), 0), flood(&mut *fresh(), 1));
        let (crowd, strangers) = (zipf(&mut *fresh(), 50_000, 0.0), zipf(&mut *fresh(), 50_000, 0.5));
        println!("| {name} | {blind} | {returning} | {:.1} % | {:.1} % |", crowd * 100.0, strangers * 100.0);
    }
}
