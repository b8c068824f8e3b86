'use strict'

/*
 * The functions of musl that a binary may need. musl's symbols have no versions, and Node has more without one: zlib's,
 * c-ares', OpenSSL's. These are what the binary for glibc needs, zig's libunwind, and some more that Rust's library may.
 */

const FUNCTIONS = new Set(`
  __cxa_atexit __cxa_finalize __errno_location __stack_chk_fail __tls_get_addr __xpg_strerror_r abort access aligned_alloc
  bcmp calloc clock_gettime clock_nanosleep close dl_iterate_phdr dladdr dlclose dlerror dlopen dlsym fchmod fchown fcntl
  fdatasync fflush fprintf free fstat fsync ftruncate fwrite getauxval getcwd getenv geteuid getpid gettimeofday
  localtime_r log lseek lstat malloc memchr memcmp memcpy memmove memrchr memset mkdir mmap mprotect mremap munmap
  nanosleep open pause poll posix_memalign pread pthread_attr_destroy pthread_attr_getguardsize pthread_attr_getstack
  pthread_attr_init pthread_attr_setstacksize pthread_create pthread_detach pthread_getattr_np pthread_join
  pthread_key_create pthread_key_delete pthread_mutex_destroy pthread_mutex_init pthread_mutex_lock
  pthread_mutex_trylock pthread_mutex_unlock pthread_mutexattr_destroy pthread_mutexattr_init pthread_mutexattr_settype
  pthread_rwlock_rdlock pthread_rwlock_unlock pthread_rwlock_wrlock pthread_self pthread_setname_np pthread_setspecific
  pwrite qsort read readlink realloc realpath rmdir sched_yield sigaction sigaltstack snprintf stat stderr strchr strcmp
  strcspn strerror_r strlen strncmp strrchr strspn syscall sysconf time unlink utimes write writev
`.trim().split(/\s+/))

/** Of musl, or of libgcc_s. */
const isOfMusl = (name) => FUNCTIONS.has(name) || name.startsWith('_Unwind_')

module.exports = { isOfMusl }
