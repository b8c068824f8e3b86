//! Numbers that go in and out of calls. An argument or a result would cost more time.

use napi::bindgen_prelude::*;
use napi_derive::napi;

/// The layout of the array of numbers that JavaScript and Rust share.
///
/// All times are milliseconds since the epoch.
#[napi]
pub enum NumberAt {
    /// The time. In.
    Now,
    /// When the session expires. In.
    Deadline,
    /// The value of the cookie's `expires`, or NaN. In and out.
    Expires,
    /// The number of the cookie's template, or -1. In and out.
    Template,
    /// The revision of the session. In: -1 for any. Out: also `ABSENT` or `NEEDS_FULL_READ`.
    Revision,
    /// The rank, from 0 (new) to 3 (signed in). In.
    Rank,
    /// Where the session was seen, or -1. In and out.
    Hint,
    /// Where the id begins in the header. Out.
    IdAt,
    /// The length of the id in the header, or 0 if the call returns the id. Out.
    IdLength,
    /// The length of the cookie's value if `seal` would make the same for the id, otherwise 0. Out.
    SealedLength,
    /// `SQLite`. In: 1 if the caller takes an answer that comes later, 2 if it shall come later. Out: the number of the job that gives it.
    Job,
    /// `SQLite`. The outcome of a job. Out.
    Outcome,
}

const COUNT: usize = NumberAt::Outcome as usize + 1;

/// In `NumberAt.Revision`: there is no such session.
#[napi]
pub const ABSENT: i32 = -1;

/// In `NumberAt.Revision`: the session's text holds half a surrogate pair and has to be read with `peek`.
#[napi]
pub const NEEDS_FULL_READ: i32 = -2;

/// In `NumberAt.Revision`: the file is locked, and the writer thread has to read the session.
#[napi]
pub const BUSY: i32 = -3;

/// Makes the array of numbers that keyrings and stores take. One array may serve many of them.
#[napi(catch_unwind)]
pub fn create_numbers() -> Float64Array {
    let mut numbers = vec![0.0; COUNT];
    numbers[NumberAt::Expires as usize] = f64::NAN;
    for at in [NumberAt::Template, NumberAt::Revision, NumberAt::Hint] {
        numbers[at as usize] = -1.0;
    }
    Float64Array::new(numbers)
}

/// An array that JavaScript and Rust share.
pub struct Numbers(Float64Array);

impl Numbers {
    pub fn new(array: Float64Array) -> Result<Self> {
        if array.len() < COUNT {
            return Err(Error::from_reason("the array of numbers is too short"));
        }
        Ok(Numbers(array))
    }

    pub fn get(&self, at: NumberAt) -> f64 {
        self.0[at as usize]
    }

    #[expect(unsafe_code, reason = "JavaScript owns the array, and this is its thread")]
    pub fn put(&self, at: NumberAt, number: f64) {
        let at = at as usize;
        assert!(at < self.0.len());
        // SAFETY: `self` keeps the array alive, `at` is inside it, and no other code of its thread runs during
        // a call.
        unsafe { self.0.as_ptr().cast_mut().add(at).write(number) };
    }
}
