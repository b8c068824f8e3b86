//! The contestants.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use dashmap::DashMap;
use engine_benchmark::codec::encoding::Encoding;
use engine_benchmark::memory::{Cookie, Limits, MemoryStore, Rank, View, Write};
use engine_benchmark::sample::{self, DAY, NOW};

/// What is compared.
pub trait Table {
    /// Copies a text out and returns its length.
    fn get(&self, id: &str) -> usize;
    /// Stores session `number`.
    fn set(&self, id: &str, number: usize);
    /// Renews a deadline, as far as it can.
    fn touch(&self, id: &str, number: usize);
    /// What a request does that only reads.
    fn get_and_touch(&self, id: &str, number: usize) {
        self.get(id);
        self.touch(id, number);
    }
    /// Removes a session.
    fn destroy(&self, id: &str);
}

type Moka = moka::sync::Cache<String, Arc<str>>;
type QuickCache = quick_cache::sync::Cache<String, Arc<str>>;

/// All of them, empty, each for so many sessions.
pub fn tables(capacity: usize) -> Vec<(&'static str, Box<dyn Table>)> {
    let moka = Moka::builder().max_capacity(capacity as u64 * 2).time_to_live(Duration::from_secs(86_400));
    vec![
        ("ours", Box::new(Ours::new())),
        ("dashmap", Box::new(DashMap::<String, String>::new())),
        ("moka", Box::new(moka.build())),
        ("ours, whole text", Box::new(OursText(MemoryStore::new(Limits::default())))),
        ("quick_cache", Box::new(QuickCache::new(capacity * 2))),
    ]
}

/// Ours as the fast path uses it: the text of the data, and the number of the cookie's template.
struct Ours {
    store: MemoryStore,
    template: u16,
}

impl Ours {
    fn new() -> Self {
        let store = MemoryStore::new(Limits::default());
        let cookie = sample::cookie(NOW + DAY);
        let start = cookie.find("\"2025").unwrap();
        let end = cookie.find("Z\"").unwrap() + 2;
        let template = store.intern(&cookie[..start], Some(&cookie[end..])).unwrap();
        Ours { store, template }
    }
}

impl Table for Ours {
    fn get(&self, id: &str) -> usize {
        let copy = |view: View<'_>| view.data.to_vec();
        black_box(self.store.read(id.as_bytes(), NOW, true, copy)).map_or(0, |text| text.len())
    }
    fn set(&self, id: &str, number: usize) {
        let data = sample::data(number);
        let deadline = NOW + DAY + number as i64 % 1000;
        let cookie = Cookie::Template { number: self.template, expires: Some(deadline) };
        let (id, data) = (id.as_bytes(), data.as_bytes());
        self.store.write(id, cookie, data, Encoding::Ascii, deadline, Write::Any, Rank::New, NOW).unwrap();
    }
    fn touch(&self, id: &str, number: usize) {
        let deadline = NOW + DAY + number as i64 % 1000;
        let cookie = Cookie::Template { number: self.template, expires: Some(deadline) };
        self.store.touch(id.as_bytes(), Some(cookie), deadline, NOW);
    }
    /// A request touches the session where it has seen it.
    fn get_and_touch(&self, id: &str, number: usize) {
        let deadline = NOW + DAY + number as i64 % 1000;
        let cookie = Cookie::Template { number: self.template, expires: Some(deadline) };
        let copy = |view: View<'_>| (view.data.to_vec(), view.hint, view.revision);
        if let Some((text, hint, revision)) = self.store.read(id.as_bytes(), NOW, true, copy) {
            black_box(text);
            self.store.touch_seen(hint, revision, cookie, deadline, NOW);
        }
    }
    fn destroy(&self, id: &str) {
        self.store.destroy(id.as_bytes(), NOW);
    }
}

/// Ours with whole texts, as `store.set` and `store.get` use it.
struct OursText(MemoryStore);

impl Table for OursText {
    fn get(&self, id: &str) -> usize {
        let mut text = Vec::with_capacity(256);
        self.0.read(id.as_bytes(), NOW, true, |view| view.write_text(&mut text));
        black_box(&text).len()
    }
    fn set(&self, id: &str, number: usize) {
        let deadline = NOW + DAY + number as i64 % 1000;
        let text = sample::text(number, deadline);
        self.0.write_text(id.as_bytes(), text.as_bytes(), Encoding::Ascii, deadline, Rank::New, NOW).unwrap();
    }
    fn touch(&self, id: &str, number: usize) {
        let deadline = NOW + DAY + number as i64 % 1000;
        let cookie = sample::cookie(deadline);
        self.0.touch(id.as_bytes(), Some(Cookie::Text(cookie.as_bytes())), deadline, NOW);
    }
    fn destroy(&self, id: &str) {
        self.0.destroy(id.as_bytes(), NOW);
    }
}

/// A plain map: no deadlines, no bounds. Its texts are as short as ours.
impl Table for DashMap<String, String> {
    fn get(&self, id: &str) -> usize {
        black_box(DashMap::get(self, id).map(|text| text.value().clone())).map_or(0, |text| text.len())
    }
    fn set(&self, id: &str, number: usize) {
        self.insert(id.into(), sample::data(number));
    }
    fn touch(&self, id: &str, number: usize) {
        // There is no deadline to move: the least that it can do is to write into the entry.
        if let Some(mut text) = self.get_mut(id) {
            let first = if number & 1 == 0 { "{" } else { " " };
            text.replace_range(0..1, first);
        }
    }
    fn destroy(&self, id: &str) {
        self.remove(id);
    }
}

impl Table for Moka {
    fn get(&self, id: &str) -> usize {
        black_box(Moka::get(self, id)).map_or(0, |text| text.len())
    }
    fn set(&self, id: &str, number: usize) {
        self.insert(id.into(), sample::data(number).into());
    }
    fn touch(&self, id: &str, _: usize) {
        black_box(Moka::get(self, id));
    }
    fn destroy(&self, id: &str) {
        self.invalidate(id);
    }
}

impl Table for QuickCache {
    fn get(&self, id: &str) -> usize {
        black_box(QuickCache::get(self, id)).map_or(0, |text| text.len())
    }
    fn set(&self, id: &str, number: usize) {
        self.insert(id.into(), sample::data(number).into());
    }
    fn touch(&self, id: &str, _: usize) {
        black_box(QuickCache::get(self, id));
    }
    fn destroy(&self, id: &str) {
        self.remove(id);
    }
}
