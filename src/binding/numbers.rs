//! Numbers that go in and out of calls: an argument, or a result, would cost more. And a store as one
//! thread of JavaScript holds it.

use std::sync::Arc;

use napi::bindgen_prelude::*;

use crate::memory_store::{Cookie, MemoryStore, Place, TooLarge, Write, Written};
use crate::sweeper;

/// Places in the array of numbers that JavaScript and this side share: see session/memory-engine.js.
pub mod place {
    pub const NOW: usize = 0;
    pub const DEADLINE: usize = 1;
    pub const EXPIRES: usize = 2;
    pub const TEMPLATE: usize = 3;
    pub const BORN: usize = 4;
    pub const RETURNED: usize = 5;
    pub const PLACE: usize = 6;
    pub const COUNT: usize = 7;
}

/// Births that are none, in what `bind_load` puts down.
pub const ABSENT: f64 = -1.0;
pub const ELSEHOW: f64 = -2.0;

/// An array that JavaScript and this side share.
pub struct Numbers(Float64Array);

impl Numbers {
    pub fn new(array: Float64Array, count: usize) -> Result<Self> {
        if array.len() < count {
            return Err(Error::from_reason("the array of numbers is too short"));
        }
        Ok(Numbers(array))
    }

    fn get(&self, place: usize) -> f64 {
        self.0[place]
    }

    #[expect(unsafe_code, reason = "the array is JavaScript's, and this is its thread")]
    pub fn put(&self, place: usize, number: f64) {
        assert!(place < self.0.len());
        // SAFETY: the array outlives the handle that refers to it, `place` is in it, and nothing else
        // runs on its thread during a call.
        unsafe { self.0.as_ptr().cast_mut().add(place).write(number) };
    }
}

/// A store, with its numbers.
pub struct Memory {
    pub store: Arc<MemoryStore>,
    pub numbers: Numbers,
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts saturate, as they should")]
impl Memory {
    pub fn now(&self) -> u64 {
        self.numbers.get(place::NOW) as u64
    }

    pub fn deadline(&self) -> u64 {
        self.numbers.get(place::DEADLINE) as u64
    }

    pub fn returned(&self) -> bool {
        self.numbers.get(place::RETURNED) != 0.0
    }

    pub fn mode(&self) -> Write {
        self.born().map_or(Write::Any, |born| Write::Update { born })
    }

    pub fn born(&self) -> Option<u32> {
        let born = self.numbers.get(place::BORN);
        (born >= 0.0).then_some(born as u32)
    }

    /// Where the session was seen that JavaScript means.
    pub fn seen(&self) -> Place {
        Place::numbered(self.numbers.get(place::PLACE))
    }

    /// The cookie whose template and expiry JavaScript has put down, if it has.
    pub fn cookie(&self) -> Option<Cookie<'static>> {
        let number = self.numbers.get(place::TEMPLATE);
        let expires = self.numbers.get(place::EXPIRES);
        (number >= 0.0).then(|| Cookie::Template {
            number: number as u16,
            expires: (!expires.is_nan()).then_some(expires as i64),
        })
    }
}

impl Drop for Memory {
    /// A store that nobody holds any more is taken apart off the JavaScript thread.
    fn drop(&mut self) {
        sweeper::retire(Arc::clone(&self.store));
    }
}

/// How a write ended, as a number.
#[derive(Clone, Copy)]
enum Outcome {
    Dropped = 0,
    Created = 1,
    Replaced = 2,
    TooLarge = 3,
    Unseen = 4,
}

impl Memory {
    /// Says how a write ended, and puts down the life of the session that was written. `None`: it was not
    /// where it had been seen.
    pub fn outcome(&self, written: Option<std::result::Result<Written, TooLarge>>) -> u32 {
        let (outcome, born) = match written {
            Some(Ok(Written::Created(born))) => (Outcome::Created, Some(born)),
            Some(Ok(Written::Replaced(born))) => (Outcome::Replaced, Some(born)),
            Some(Ok(Written::Dropped)) => (Outcome::Dropped, None),
            Some(Err(TooLarge)) => (Outcome::TooLarge, None),
            None => (Outcome::Unseen, None),
        };
        if let Some(born) = born {
            self.numbers.put(place::BORN, f64::from(born));
        }
        outcome as u32
    }
}
