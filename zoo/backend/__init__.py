"""The only files that know which backend runs; everything else in the zoo is `keras.ops`."""
