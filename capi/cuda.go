//go:build cuda

package main

import _ "zetwopass/cuda/driver"
