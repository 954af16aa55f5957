/* Matrix products of a few rows with a packed matrix, and sums of outer products over time. The
   numbers of a row are added in the same order whatever other rows are computed with it. */
#ifndef RNNZOO_PRODUCTS_H
#define RNNZOO_PRODUCTS_H

#include "vectors.h"

#if defined(__AVX__) || defined(__aarch64__)
#define ROWS 4 /* rows at once: as many sums as there are registers for */
#else
#define ROWS 2
#endif
#define DEPTH 128 /* rows of a sum of outer products that are added at once */

INLINE long rounded(long n, long to) { return (n + to - 1) / to * to; }

/* A matrix (rows, columns; both padded) as panels of NT columns, each (rows, NT). */
static void pack(float *packed, const float *matrix, int rows, int columns) {
  for (int n = 0; n < columns; n += NT, packed += (long)rows * NT)
    for (int k = 0; k < rows; k++)
      memcpy(packed + (long)k * NT, matrix + (long)k * columns + n, 4 * NT);
}

/* sums += a P for `rows` rows of a and one panel */
INLINE void row_panel(const int rows, v8 (*sum)[2], int depth, const float *a, long stride,
                      const float *panel) {
  for (int k = 0; k < depth; k++, panel += NT) {
    v8 left = load(panel), right = load(panel + VL);
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) {
      v8 x = all(a[r * stride + k]);
      sum[r][0] += x * left, sum[r][1] += x * right;
    }
  }
}

/* One factor of a sum of products: rows of `depth` numbers, `stride` apart, and packed panels. */
typedef struct { const float *a, *panels; long stride; int depth; long columns; } Factor;

INLINE void row_sums(const int rows, const float *bias, const Factor *f, int factors, int column,
                     float *to, long stride) {
  v8 sum[ROWS][2];
#pragma GCC unroll 4
  for (int r = 0; r < rows; r++) {
    sum[r][0] = bias ? load(bias + column) : all(0);
    sum[r][1] = bias ? load(bias + column + VL) : all(0);
  }
  for (int i = 0; i < factors; i++)
    if (column < f[i].columns)
      row_panel(rows, sum, f[i].depth, f[i].a, f[i].stride,
                f[i].panels + (long)column * f[i].depth);
#pragma GCC unroll 4
  for (int r = 0; r < rows; r++)
    store(to + r * stride + column, sum[r][0]), store(to + r * stride + column + VL, sum[r][1]);
}

/* to (rows, columns) = bias + Σ of factors; a factor has only its first columns */
static void sums(int rows, int columns, const float *bias, const Factor *factors, int count,
                 float *to, long stride) {
  for (int n = 0; n < columns; n += NT) {
    Factor f[2] = {factors[0], factors[count - 1]};
    float *z = to;
    int r = 0;
    for (; r < rows; ) {
      int step = rows - r >= ROWS ? ROWS : rows - r >= 2 ? 2 : 1;
      if (step == ROWS) row_sums(ROWS, bias, f, count, n, z, stride);
      else if (step == 2) row_sums(2, bias, f, count, n, z, stride);
      else row_sums(1, bias, f, count, n, z, stride);
      for (int i = 0; i < count; i++) f[i].a += step * f[i].stride;
      z += step * stride, r += step;
    }
  }
}

/* Numbers that `outer_products` needs for its own use. */
INLINE long outer_space(long height) { return (long)DEPTH * (rounded(height, 4) + NT); }

/* to (height, stride) += Σ_k a_k ⊗ b_k over `depth` ≤ DEPTH rows of a and b, of whose columns
   `width`, a multiple of NT, are used. `to` has a multiple of 4 rows. */
static void outer_products(int depth, int height, int width, const float *a, long a_stride,
                           const float *b, long b_stride, float *to, long stride, float *space) {
  float *columns = space, *panel = space + (long)DEPTH * rounded(height, 4);
  for (int m = 0; m < height; m += 4)
    for (int k = 0; k < depth; k++)
      for (int r = 0; r < 4; r++)
        columns[((long)m * depth) + k * 4 + r] = m + r < height ? a[k * a_stride + m + r] : 0.0f;
  for (int n = 0; n < width; n += NT) {
    for (int k = 0; k < depth; k++) memcpy(panel + k * NT, b + k * b_stride + n, 4 * NT);
    for (int m = 0; m < height; m += 4) {
      float *c = to + m * stride + n;
      const float *x = columns + (long)m * depth;
      for (int first = 0; first < 4; first += ROWS) {
        v8 sum[ROWS][2];
#pragma GCC unroll 4
        for (int r = 0; r < ROWS; r++) {
          const float *from = c + (first + r) * stride;
          sum[r][0] = load(from), sum[r][1] = load(from + VL);
        }
        for (int k = 0; k < depth; k++) {
          v8 left = load(panel + k * NT), right = load(panel + k * NT + VL);
#pragma GCC unroll 4
          for (int r = 0; r < ROWS; r++) {
            v8 s = all(x[k * 4 + first + r]);
            sum[r][0] += s * left, sum[r][1] += s * right;
          }
        }
#pragma GCC unroll 4
        for (int r = 0; r < ROWS; r++) {
          float *back = c + (first + r) * stride;
          store(back, sum[r][0]), store(back + VL, sum[r][1]);
        }
      }
    }
  }
}

#endif
