/* Eight floats at a time, in the vector types of GCC and Clang: one source for every processor. */
#ifndef RNNZOO_VECTORS_H
#define RNNZOO_VECTORS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define VL 8          /* floats in a vector: every block of units is padded to a multiple */
#define NT (2 * VL)   /* columns of a product that are computed at once */
#define INLINE static inline __attribute__((always_inline))

typedef float v8 __attribute__((vector_size(4 * VL), aligned(4), may_alias));
typedef int32_t i8 __attribute__((vector_size(4 * VL), aligned(4), may_alias));

INLINE v8 load(const float *p) { return *(const v8 *)p; }
INLINE void store(float *p, v8 x) { *(v8 *)p = x; }
INLINE v8 all(float x) { return (v8){x, x, x, x, x, x, x, x}; }
INLINE v8 either(i8 which, v8 yes, v8 no) { return (v8)(((i8)yes & which) | ((i8)no & ~which)); }
INLINE v8 larger(v8 x, v8 y) { return either(x > y, x, y); }
/* a NaN stays one: every comparison with it is false */
INLINE v8 clipped(v8 x, float low, float high) {
  x = either(x < all(low), all(low), x);
  return either(x > all(high), all(high), x);
}

/* a rational function of degrees 13 and 6, exact to 3e-7 */
INLINE v8 tanh8(v8 x) {
  x = clipped(x, -7.99881172180175781f, 7.99881172180175781f);
  v8 s = x * x, p = all(-2.76076847742355e-16f);
  p = p * s + 2.00018790482477e-13f;
  p = p * s - 8.60467152213735e-11f;
  p = p * s + 5.12229709037114e-08f;
  p = p * s + 1.48572235717979e-05f;
  p = p * s + 6.37261928875436e-04f;
  p = (p * s + 4.89352455891786e-03f) * x;
  v8 q = all(1.19825839466702e-06f);
  q = q * s + 1.18534705686654e-04f;
  q = q * s + 2.26843463243900e-03f;
  q = q * s + 4.89352518554385e-03f;
  return p / q;
}

INLINE v8 sigmoid8(v8 x) { return 0.5f + 0.5f * tanh8(0.5f * x); }

INLINE v8 exp8(v8 x) {
  x = clipped(x, -87.3f, 88.3f);
  v8 shifted = x * 1.44269504088896341f + 12582912.0f; /* its last bits are the rounded quotient */
  v8 n = shifted - 12582912.0f, r = x - n * 0.693359375f + n * 2.12194440e-4f;
  v8 p = all(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  return p * (v8)(((i8)shifted - 0x4B400000 + 127) << 23);
}

/* log(1 + e) for e in [0, 1], by the series of the inverse hyperbolic tangent */
INLINE v8 log1p8(v8 e) {
  v8 s = e / (2.0f + e), q = s * s, p = all(1.0f / 15);
  p = p * q + 1.0f / 13;
  p = p * q + 1.0f / 11;
  p = p * q + 1.0f / 9;
  p = p * q + 1.0f / 7;
  p = p * q + 1.0f / 5;
  p = p * q + 1.0f / 3;
  return 2.0f * s * (p * q + 1.0f);
}

/* Activations, by the numbers that ACTIVATIONS in plan.py gives them; slopes from their results. */
enum { TANH, SIGMOID, RELU, LINEAR, HARD_SIGMOID };

INLINE v8 activate(int kind, v8 x) {
  switch (kind) {
  case TANH: return tanh8(x);
  case SIGMOID: return sigmoid8(x);
  case RELU: return either(x < all(0), all(0), x);
  case HARD_SIGMOID: return clipped(x / 6.0f + 0.5f, 0, 1);
  default: return x;
  }
}

INLINE v8 slope(int kind, v8 y) {
  switch (kind) {
  case TANH: return 1.0f - y * y;
  case SIGMOID: return y * (1.0f - y);
  case RELU: return either(y > all(0), all(1), all(0));
  case HARD_SIGMOID: return either((y > all(0)) & (y < all(1)), all(1.0f / 6), all(0));
  default: return all(1);
  }
}

#endif
