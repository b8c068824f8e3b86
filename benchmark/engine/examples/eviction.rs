//! Which sessions are lost at the bound, under this store's policy and under others.
//!
//! `cargo run --release --example eviction`

use std::collections::{HashMap, HashSet, VecDeque};

use engine_benchmark::codec::encoding::Encoding;
use engine_benchmark::memory::{Limits, MemoryStore, Rank};
use engine_benchmark::sample::{self, DAY, NOW};

/// A bounded set of sessions. The capacity counts sessions, or bytes where sessions have a size.
trait Policy {
    fn name(&self) -> &'static str;
    /// A session of `size` is made. Only this store is told who has signed in.
    fn insert(&mut self, id: u64, size: usize, signed_in: bool);
    /// A client comes back after so many milliseconds. Whether its session is still there.
    fn get(&mut self, id: u64, ms: i64) -> bool;
    fn remove(&mut self, id: u64);
}

struct Ours(MemoryStore);

impl Ours {
    fn new(capacity: usize, bytes: bool) -> Self {
        let capacity = Some(capacity as u64);
        Ours(MemoryStore::new(if bytes {
            Limits { max_sessions: None, max_bytes: capacity }
        } else {
            Limits { max_sessions: capacity, max_bytes: None }
        }))
    }
}

impl Policy for Ours {
    fn name(&self) -> &'static str {
        "this store"
    }
    fn insert(&mut self, id: u64, size: usize, signed_in: bool) {
        let (id, text) = (sample::id(id as usize), vec![b'x'; size.saturating_sub(100)]);
        let rank = if signed_in { Rank::SignedIn } else { Rank::New };
        // A session that is too large is refused.
        let _ = self.0.write_text(id.as_bytes(), &text, Encoding::Ascii, NOW + DAY, rank, NOW);
    }
    fn get(&mut self, id: u64, ms: i64) -> bool {
        self.0.read(sample::id(id as usize).as_bytes(), NOW + ms, true, |_| ()).is_some()
    }
    fn remove(&mut self, id: u64) {
        self.0.destroy(sample::id(id as usize).as_bytes(), NOW);
    }
}

/// A queue with removal by leaving stale entries behind: the newest stamp of an id counts.
#[derive(Default)]
struct Queue {
    order: VecDeque<(u64, u64)>,
    /// The newest stamp of each id, and its size.
    stamps: HashMap<u64, (u64, usize)>,
    next: u64,
    size: usize,
}

impl Queue {
    fn push(&mut self, id: u64, size: usize) {
        self.remove(id);
        self.next += 1;
        self.size += size;
        self.stamps.insert(id, (self.next, size));
        self.order.push_back((id, self.next));
        if self.order.len() > 4 * self.stamps.len() + 64 {
            self.order.retain(|(id, stamp)| self.stamps.get(id).is_some_and(|(newest, _)| newest == stamp));
        }
    }
    fn pop(&mut self) -> Option<(u64, usize)> {
        while let Some((id, stamp)) = self.order.pop_front() {
            if self.stamps.get(&id).is_some_and(|(newest, _)| *newest == stamp) {
                return self.remove(id).map(|size| (id, size));
            }
        }
        None
    }
    fn remove(&mut self, id: u64) -> Option<usize> {
        let (_, size) = self.stamps.remove(&id)?;
        self.size -= size;
        Some(size)
    }
    fn renew(&mut self, id: u64) -> bool {
        let size = self.remove(id);
        size.into_iter().for_each(|size| self.push(id, size));
        size.is_some()
    }
    fn has(&self, id: u64) -> bool {
        self.stamps.contains_key(&id)
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
    fn insert(&mut self, id: u64, size: usize, _: bool) {
        self.queue.push(id, size);
        while self.queue.size > self.capacity {
            self.queue.pop();
        }
    }
    fn get(&mut self, id: u64, _: i64) -> bool {
        self.queue.renew(id)
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
    fn insert(&mut self, id: u64, size: usize, _: bool) {
        self.probation.push(id, size);
        while self.probation.size + self.protected.size > self.capacity {
            if self.probation.pop().is_none() {
                self.protected.pop();
            }
        }
    }
    fn get(&mut self, id: u64, _: i64) -> bool {
        if self.protected.renew(id) {
            return true;
        }
        let Some(size) = self.probation.remove(id) else { return false };
        self.protected.push(id, size);
        while self.protected.size > self.capacity * 8 / 10 {
            let (demoted, size) = self.protected.pop().unwrap();
            self.probation.push(demoted, size);
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
        if self.small.size > self.capacity / 10 {
            while let Some((id, size)) = self.small.pop() {
                if self.frequency.get(&id).copied().unwrap_or(0) > 1 {
                    self.main.push(id, size);
                    self.frequency.insert(id, 0);
                } else {
                    self.frequency.remove(&id);
                    self.ghost.push(id, size);
                    while self.ghost.size > self.capacity {
                        self.ghost.pop();
                    }
                    return;
                }
            }
        }
        while let Some((id, size)) = self.main.pop() {
            match self.frequency.get_mut(&id) {
                Some(count) if *count > 0 => {
                    *count -= 1;
                    self.main.push(id, size);
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
    fn insert(&mut self, id: u64, size: usize, _: bool) {
        while self.small.size + self.main.size + size > self.capacity && self.small.size + self.main.size > 0 {
            self.evict();
        }
        if self.ghost.remove(id).is_some() { self.main.push(id, size) } else { self.small.push(id, size) }
        self.frequency.insert(id, 0);
    }
    fn get(&mut self, id: u64, _: i64) -> bool {
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
struct Moka(moka::sync::Cache<u64, u32>);

impl Policy for Moka {
    fn name(&self) -> &'static str {
        "W-TinyLFU (moka)"
    }
    fn insert(&mut self, id: u64, size: usize, _: bool) {
        self.0.insert(id, size as u32);
        self.0.run_pending_tasks();
    }
    fn get(&mut self, id: u64, _: i64) -> bool {
        self.0.get(&id).is_some()
    }
    fn remove(&mut self, id: u64) {
        self.0.invalidate(&id);
    }
}

fn policies(capacity: usize, bytes: bool) -> Vec<Box<dyn Policy>> {
    let moka = moka::sync::Cache::builder().max_capacity(capacity as u64).weigher(|_, size| *size).build();
    vec![
        Box::new(Ours::new(capacity, bytes)),
        Box::new(Lru { queue: Queue::default(), capacity }),
        Box::new(Slru { probation: Queue::default(), protected: Queue::default(), capacity }),
        Box::new(S3Fifo::new(capacity)),
        Box::new(Moka(moka)),
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

/// The flood: 1,000 users come once a minute; 2,000 new sessions a second for two minutes; 100 more users log in
/// during it. Each session of the flood comes back `returns` times within a second. `sizes` are the sizes of the
/// users' sessions and of the flood's, which go round. Returns how many of the 1,100 users were logged out.
fn flood(policy: &mut dyn Policy, returns: usize, user_size: usize, sizes: &[usize]) -> usize {
    let mut random = Random(1);
    let mut fresh = 1_000_000;
    let mut users: Vec<(u64, u64)> = (0..1000).map(|user| (user, random.below(60_000))).collect();
    for (user, _) in &users {
        policy.insert(*user, user_size, true);
        policy.get(*user, 0);
    }
    let mut lost = HashSet::new();
    let (mut pending, mut back) = (Vec::new(), VecDeque::new());
    for ms in 0..120_000_u64 {
        let time = ms as i64;
        for _ in 0..2 {
            fresh += 1;
            policy.insert(fresh, sizes[fresh as usize % sizes.len()], false);
            back.extend((1..=returns).map(|visit| (ms + visit as u64, fresh)));
        }
        while back.front().is_some_and(|(due, _)| *due <= ms) {
            let (_, id) = back.pop_front().unwrap();
            policy.get(id, time);
        }
        // A login: a page with a form, the form sent two seconds later, a new id.
        if ms % 1200 == 600 {
            fresh += 1;
            policy.insert(fresh, user_size, false);
            pending.push((fresh, ms + 2000));
        }
        pending.retain(|(id, due)| {
            if *due == ms {
                if !policy.get(*id, time) {
                    lost.insert(*id);
                }
                policy.remove(*id);
                let user = id + 10_000_000;
                policy.insert(user, user_size, true);
                users.push((user, ms % 60_000));
            }
            *due > ms
        });
        for (user, at) in &users {
            if ms % 60_000 == *at && ms > 0 && !policy.get(*user, time) {
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
            policy.insert(stranger, 1, false);
            continue;
        }
        let point = random.unit() * sum;
        let user = weights.partition_point(|weight| *weight < point) as u64;
        asked += 1;
        if !policy.get(user, 0) {
            // The first visit is nobody's fault.
            lost += u32::from(!known.insert(user));
            policy.insert(user, 1, false);
        }
    }
    f64::from(lost) / f64::from(asked)
}

/// Bytes of a user's session, and of the floods of many sizes: from small ones to a third of the tenth.
const USER: usize = 200;
const LARGE: &[usize] = &[15_000];
const MIXED: &[usize] = &[150, 300, 15_000, 700, 60_000, 2000, 150, 4000];

fn main() {
    println!("| policy | flood | sent back once | five times | 15 KB each | mixed sizes, once | zipf | half strangers |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for index in 0..5 {
        let fresh = || policies(10_000, false).swap_remove(index);
        let bytes = || policies(2_000_000, true).swap_remove(index);
        let name = fresh().name();
        let blind = [0, 1, 5].map(|returns| flood(&mut *fresh(), returns, 1, &[1]).to_string()).join(" | ");
        let large = flood(&mut *bytes(), 0, USER, LARGE);
        let mixed = flood(&mut *bytes(), 1, USER, MIXED);
        let (crowd, strangers) = (zipf(&mut *fresh(), 50_000, 0.0), zipf(&mut *fresh(), 50_000, 0.5));
        println!("| {name} | {blind} | {large} | {mixed} | {:.1} % | {:.1} % |", crowd * 100.0, strangers * 100.0);
    }
}
