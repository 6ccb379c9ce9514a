// Depthwise convolution of bfloat16 images in NHWC, and its gradients, for CPUs with AVX-512.
// C is a multiple of 16; padding is kernel / 2; weights are float32, kernel * kernel by C.
#include <immintrin.h>
#include <stdint.h>

typedef uint16_t bf16;

static inline __m512 load(const bf16 *p) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)p)), 16));
}

static inline void store(bf16 *p, __m512 v) {
    __m512i u = _mm512_castps_si512(v);
    __m512i odd = _mm512_and_si512(_mm512_srli_epi32(u, 16), _mm512_set1_epi32(1));
    u = _mm512_srli_epi32(_mm512_add_epi32(u, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff))), 16);
    _mm256_storeu_si256((__m256i *)p, _mm512_cvtepi32_epi16(u));
}

static inline void taps(int o, int s, int k, int size, int *first, int *last) {
    int begin = o * s - k / 2;
    *first = begin < 0 ? -begin : 0;
    *last = begin + k > size ? size - begin : k;
}

// out[n, oy, ox, c] = bias[c] + sum of x[n, oy * s - k / 2 + i, ox * s - k / 2 + j, c] * w[i, j, c]
void forward(const bf16 *x, const float *w, const float *bias, bf16 *out,
             int n, int h, int wd, int c, int k, int s, int oh, int ow) {
    for (int b = 0; b < n; b++)
        for (int oy = 0; oy < oh; oy++) {
            int i0, i1;
            taps(oy, s, k, h, &i0, &i1);
            const bf16 *rows = x + ((int64_t)b * h + oy * s - k / 2) * wd * c;
            bf16 *to = out + ((int64_t)b * oh + oy) * ow * c;
            for (int q = 0; q < c; q += 16) {
                __m512 base = bias ? _mm512_loadu_ps(bias + q) : _mm512_setzero_ps();
                int ox = 0;
                while (ox < ow) {
                    int j0, j1;
                    taps(ox, s, k, wd, &j0, &j1);
                    int left = ox * s - k / 2;
                    if (j0 == 0 && ox + 4 <= ow && (ox + 3) * s - k / 2 + k <= wd) {
                        __m512 a0 = base, a1 = base, a2 = base, a3 = base;
                        for (int i = i0; i < i1; i++) {
                            const bf16 *p = rows + ((int64_t)i * wd + left) * c + q;
                            const float *f = w + (int64_t)i * k * c + q;
                            for (int j = 0; j < k; j++, p += c, f += c) {
                                __m512 weight = _mm512_loadu_ps(f);
                                a0 = _mm512_fmadd_ps(load(p), weight, a0);
                                a1 = _mm512_fmadd_ps(load(p + (int64_t)s * c), weight, a1);
                                a2 = _mm512_fmadd_ps(load(p + (int64_t)2 * s * c), weight, a2);
                                a3 = _mm512_fmadd_ps(load(p + (int64_t)3 * s * c), weight, a3);
                            }
                        }
                        bf16 *t = to + (int64_t)ox * c + q;
                        store(t, a0), store(t + c, a1), store(t + 2 * (int64_t)c, a2), store(t + 3 * (int64_t)c, a3);
                        ox += 4;
                    } else {
                        __m512 a = base;
                        for (int i = i0; i < i1; i++)
                            for (int j = j0; j < j1; j++)
                                a = _mm512_fmadd_ps(load(rows + ((int64_t)i * wd + left + j) * c + q),
                                                    _mm512_loadu_ps(w + ((int64_t)i * k + j) * c + q), a);
                        store(to + (int64_t)ox * c + q, a);
                        ox++;
                    }
                }
            }
        }
}

// gx[n, y, x, c] = sum over outputs that x went into of g * w
void backward_input(const bf16 *g, const float *w, bf16 *gx,
                    int n, int h, int wd, int c, int k, int s, int oh, int ow) {
    for (int b = 0; b < n; b++)
        for (int y = 0; y < h; y++)
            for (int q = 0; q < c; q += 16)
                for (int x = 0; x < wd; x++) {
                    __m512 a = _mm512_setzero_ps();
                    for (int i = (y + k / 2) % s; i < k; i += s) {
                        int oy = (y + k / 2 - i) / s;
                        if (y + k / 2 < i || oy >= oh) continue;
                        for (int j = (x + k / 2) % s; j < k; j += s) {
                            int ox = (x + k / 2 - j) / s;
                            if (x + k / 2 < j || ox >= ow) continue;
                            a = _mm512_fmadd_ps(load(g + (((int64_t)b * oh + oy) * ow + ox) * c + q),
                                                _mm512_loadu_ps(w + ((int64_t)i * k + j) * c + q), a);
                        }
                    }
                    store(gx + (((int64_t)b * h + y) * wd + x) * c + q, a);
                }
}

#define WEIGHTS(K)                                                                                            \
    static void weights_##K(const bf16 *g, const bf16 *x, float *gw, float *gb,                              \
                            int n, int h, int wd, int c, int s, int oh, int ow) {                            \
        for (int q = 0; q < c; q += 16) {                                                                    \
            __m512 a[K * K], sum = _mm512_setzero_ps();                                                      \
            for (int t = 0; t < K * K; t++) a[t] = _mm512_setzero_ps();                                      \
            for (int b = 0; b < n; b++)                                                                      \
                for (int oy = 0; oy < oh; oy++) {                                                            \
                    int i0, i1;                                                                              \
                    taps(oy, s, K, h, &i0, &i1);                                                             \
                    for (int ox = 0; ox < ow; ox++) {                                                        \
                        int j0, j1;                                                                          \
                        taps(ox, s, K, wd, &j0, &j1);                                                        \
                        __m512 v = load(g + (((int64_t)b * oh + oy) * ow + ox) * c + q);                     \
                        sum = _mm512_add_ps(sum, v);                                                         \
                        const bf16 *p = x + (((int64_t)b * h + oy * s - K / 2) * wd + ox * s - K / 2) * c + q; \
                        if (i0 == 0 && j0 == 0 && i1 == K && j1 == K) {                                      \
                            _Pragma("GCC unroll 25") for (int t = 0; t < K * K; t++)                         \
                                a[t] = _mm512_fmadd_ps(load(p + ((int64_t)(t / K) * wd + t % K) * c), v, a[t]); \
                        } else {                                                                             \
                            _Pragma("GCC unroll 25") for (int t = 0; t < K * K; t++)                         \
                                if (t / K >= i0 && t / K < i1 && t % K >= j0 && t % K < j1)                  \
                                    a[t] = _mm512_fmadd_ps(load(p + ((int64_t)(t / K) * wd + t % K) * c), v, a[t]); \
                        }                                                                                    \
                    }                                                                                        \
                }                                                                                            \
            _Pragma("GCC unroll 25") for (int t = 0; t < K * K; t++) _mm512_storeu_ps(gw + t * c + q, a[t]); \
            _mm512_storeu_ps(gb + q, sum);                                                                   \
        }                                                                                                    \
    }
WEIGHTS(3)
WEIGHTS(5)

void backward_weight(const bf16 *g, const bf16 *x, float *gw, float *gb,
                     int n, int h, int wd, int c, int k, int s, int oh, int ow) {
    if (k == 3) weights_3(g, x, gw, gb, n, h, wd, c, s, oh, ow);
    else weights_5(g, x, gw, gb, n, h, wd, c, s, oh, ow);
}
