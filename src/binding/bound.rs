//! JavaScript functions bound to Rust state, for what every request calls. napi-rs tracks what the arguments
//! of its own functions borrow, which takes at least 0.1 µs a call: as much as the work inside. The functions
//! here copy their strings and borrow nothing.

#![expect(unsafe_code, reason = "functions of Node-API itself")]

use std::any::Any;
use std::ffi::c_void;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;
use std::rc::Rc;

use napi::bindgen_prelude::*;

use super::text::Text;

/// Maximum number of arguments.
const MAX_ARGUMENTS: usize = 2;

/// The arguments of a call.
pub struct Arguments {
    env: sys::napi_env,
    values: [sys::napi_value; MAX_ARGUMENTS],
}

impl Arguments {
    /// A string.
    pub fn text(&self, at: usize) -> Result<Text> {
        // SAFETY: Node-API gave the values for this call. Missing ones are undefined.
        unsafe { Text::from_napi_value(self.env, self.values[at]) }
    }

    /// A string, or `None` for undefined and null.
    pub fn optional_text(&self, at: usize) -> Result<Option<Text>> {
        // SAFETY: as above.
        unsafe { Option::from_napi_value(self.env, self.values[at]) }
    }
}

/// A function on its way to JavaScript.
pub struct Function(sys::napi_value);

impl ToNapiValue for Function {
    unsafe fn to_napi_value(_: sys::napi_env, function: Self) -> Result<sys::napi_value> {
        Ok(function.0)
    }
}

/// Builds a JavaScript object of functions on one `state`.
pub struct Functions<'env, S> {
    env: &'env Env,
    state: Rc<S>,
    object: Object<'env>,
}

impl<'env, S: 'static> Functions<'env, S> {
    pub fn on(env: &'env Env, state: &Rc<S>) -> Result<Self> {
        Ok(Functions { env, state: Rc::clone(state), object: Object::new(env)? })
    }

    pub fn with<R: ToNapiValue + 'static>(mut self, name: &str, body: Body<S, R>) -> Result<Self> {
        self.object.set(name, function(self.env, Rc::clone(&self.state), body)?)?;
        Ok(self)
    }

    pub fn object(self) -> Object<'env> {
        self.object
    }
}

/// What a function does.
type Body<S, R> = fn(&S, &Arguments) -> Result<R>;

/// The state of a function, which lives as long as the function, and what the function does.
struct Bound<S, R>(S, Body<S::Target, R>)
where
    S: Deref;

/// Makes a function on `state`. A panic in `body` becomes a JavaScript `Error`.
pub fn function<S, R>(env: &Env, state: S, body: Body<S::Target, R>) -> Result<Function>
where
    S: Deref + 'static,
    R: ToNapiValue + 'static,
{
    let env = env.raw();
    let bound = Box::into_raw(Box::new(Bound(state, body)));
    let mut function = null_mut();
    // SAFETY: `call` and `release` use the pointer with its own type. It is freed once: with the function, or
    // here if making the function fails.
    unsafe {
        let data = bound.cast::<c_void>();
        let mut status =
            sys::napi_create_function(env, null_mut(), 0, Some(call::<S, R>), data, &raw mut function);
        if status == sys::Status::napi_ok {
            let release = Some(release::<S, R> as unsafe extern "C" fn(_, _, _));
            // Wrapping a function is unusual and allowed. `napi_add_finalizer` would need `napi5`.
            status = sys::napi_wrap(env, function, data, release, null_mut(), null_mut());
        }
        if status != sys::Status::napi_ok {
            drop(Box::from_raw(bound));
            return Err(Error::new(status.into(), "the function cannot be made"));
        }
    }
    Ok(Function(function))
}

unsafe extern "C" fn call<S, R>(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value
where
    S: Deref,
    R: ToNapiValue,
{
    let mut values = [null_mut(); MAX_ARGUMENTS];
    let mut count = MAX_ARGUMENTS;
    let mut data = null_mut();
    // SAFETY: `values` has room for `count`, and the data of the function is a `Bound` of these types.
    let result = unsafe {
        sys::napi_get_cb_info(env, info, &raw mut count, values.as_mut_ptr(), null_mut(), &raw mut data);
        let Bound(state, body) = &*data.cast::<Bound<S, R>>();
        let arguments = Arguments { env, values };
        catch_unwind(AssertUnwindSafe(|| R::to_napi_value(env, body(state, &arguments)?)))
    };
    let error = match result {
        Ok(Ok(value)) => return value,
        Ok(Err(error)) => error,
        Err(panic) => Error::from_reason(message(panic.as_ref())),
    };
    // SAFETY: the call has not returned yet.
    unsafe { JsError::from(error).throw_into(env) };
    null_mut()
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("panic in the addon").to_owned()
}

unsafe extern "C" fn release<S: Deref, R>(_: sys::napi_env, data: *mut c_void, _: *mut c_void) {
    // SAFETY: `function` made it, and the only function that uses it no longer exists.
    drop(unsafe { Box::from_raw(data.cast::<Bound<S, R>>()) });
}
