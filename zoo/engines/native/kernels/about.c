/* What a library is of, and which of its variants this processor can run. */

const char *rnnzoo_sources(void) { return SOURCES; }

const char *rnnzoo_variant(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "avx2";
#endif
  return "baseline";
}
