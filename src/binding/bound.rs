//! JavaScript functions on a piece of Rust, for what every request calls. Around a function of its own
//! making that has arguments, napi-rs keeps track of what they borrow: 0.1 µs and more a call, as much
//! as the work inside. These take strings, copy them, and borrow nothing.

#![expect(unsafe_code, reason = "functions of Node-API itself")]

use std::any::Any;
use std::ffi::c_void;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;
use std::rc::Rc;

use napi::bindgen_prelude::*;

use super::text::Text;

/// No function here takes more.
const MOST: usize = 2;

/// What a function was called with.
pub struct Arguments {
    env: sys::napi_env,
    values: [sys::napi_value; MOST],
}

impl Arguments {
    /// A string.
    pub fn text(&self, at: usize) -> Result<Text> {
        // SAFETY: Node-API has given the values for this call; what is missing, it fills with undefined.
        unsafe { Text::from_napi_value(self.env, self.values[at]) }
    }

    /// A string, or nothing where there is none.
    pub fn optional_text(&self, at: usize) -> Result<Option<Text>> {
        // SAFETY: as above.
        unsafe { Option::from_napi_value(self.env, self.values[at]) }
    }
}

/// A function, on its way to JavaScript.
pub struct Function(sys::napi_value);

impl ToNapiValue for Function {
    unsafe fn to_napi_value(_: sys::napi_env, function: Self) -> Result<sys::napi_value> {
        Ok(function.0)
    }
}

/// Makes a JavaScript object of functions on one `state`.
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

/// A function's state, which lives as long as the function, and what it does.
struct Bound<S, R>(S, Body<S::Target, R>)
where
    S: Deref;

/// Makes one function on `state`. A panic in `body` becomes a JavaScript `Error`.
pub fn function<S, R>(env: &Env, state: S, body: Body<S::Target, R>) -> Result<Function>
where
    S: Deref + 'static,
    R: ToNapiValue + 'static,
{
    let env = env.raw();
    let bound = Box::into_raw(Box::new(Bound(state, body)));
    let mut function = null_mut();
    // SAFETY: `call` and `release` get the pointer as the type that it has; it is freed once, with the
    // function, or here when there will be none.
    unsafe {
        let data = bound.cast::<c_void>();
        let mut status =
            sys::napi_create_function(env, null_mut(), 0, Some(call::<S, R>), data, &raw mut function);
        if status == sys::Status::napi_ok {
            let release = Some(release::<S, R> as unsafe extern "C" fn(_, _, _));
            status = sys::napi_add_finalizer(env, function, data, release, null_mut(), null_mut());
        }
        if status != sys::Status::napi_ok {
            drop(Box::from_raw(bound));
            return Err(Error::new(status.into(), "a function can not be made"));
        }
    }
    Ok(Function(function))
}

unsafe extern "C" fn call<S, R>(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value
where
    S: Deref,
    R: ToNapiValue,
{
    let mut values = [null_mut(); MOST];
    let mut count = MOST;
    let mut data = null_mut();
    // SAFETY: `values` has room for `count`, and the data of the function are a `Bound` of these types.
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
    // SAFETY: the call is still on.
    unsafe { JsError::from(error).throw_into(env) };
    null_mut()
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("panic in the addon").to_owned()
}

unsafe extern "C" fn release<S: Deref, R>(_: sys::napi_env, data: *mut c_void, _: *mut c_void) {
    // SAFETY: what `function` has made, and nobody has a function to call it by any more.
    drop(unsafe { Box::from_raw(data.cast::<Bound<S, R>>()) });
}
