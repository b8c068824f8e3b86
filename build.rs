//! Link settings that napi needs, and one of our own.

fn main() {
    napi_build::setup();
    // The sweeper thread runs code of this library. Node unloads an addon when the last thread that
    // loaded it ends, so the library must stay mapped (`dlclose` becomes a no-op).
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
