package core

// Profile chooses between the two generations of the maths.
type Profile int

const (
	V45 Profile = iota // normalised blur, threshold, weights, NaN where blank
	V42                // plain blur, 0 where blank
)

// Combine says what the coadd makes of the tiles that show a pixel. What comes after Sum
// is for planes alone, and there only tiles of a weight above 0 have a say.
type Combine int

const (
	Mean   Combine = iota // sum of value * weight / sum of weights
	Sum                   // sum of value * weight
	First                 // value and weight of the first tile
	Last                  // of the last
	Min                   // of the first of those with the least value
	Max                   // of the first of those with the largest
	Median                // of the values; sum of weights
	combines
)

// Background says what the match subtracts from a tile, in each channel.
type Background int

const (
	ConstantBackground Background = iota
	PlaneBackground               // offset + slope x + slope y, as far as overlaps prove slopes
	backgrounds
)

// The limits of a job.
const (
	MaxChannels = 4
	MaxTiles    = 1 << 20
	maxWorkers  = 1024
)

// Tile is one image of the mosaic and where it lies.
type Tile struct {
	Image       View // [h,w,C]
	Mask        View // [h,w,1], its coverage, for the gain; absent = ones
	Weight      View // [h,w,1] for the coadd; absent = ones
	WeightScale float64
	Map         PixelMap
	WeightMap   PixelMap // of Weight; empty = Weight lies on Image and has its shape

	// Where the pixels of an image come from in the place of its Pix; its shape and dense
	// strides stand in the View.
	ImageSource, MaskSource, WeightSource Source

	Planes       Planes // [N,h,w] in the place of Image, in a job of planes
	WeightPlanes Planes // [1 or N,h,w] in the place of Weight, likewise; or absent

	holes holes // of a feathered coadd, while the pixels are here
	full  bool  // see findFull
}

// Job says what to compute and where to put it; include/zetwopass.h is its
// manual, field by field.
type Job struct {
	Profile   Profile
	Sigma     int
	GainMin   float64
	GainMax   float64
	Threshold float64 // of the blurred coverage, >= 0
	Tiles     []Tile

	Coverage    View // in  [Hc,Wc,1]
	Blurred     View // out [Hc,Wc,1]
	Mosaic      View // out [H,W,C]
	CoverageOut View // out [H,W,1]; may be Blurred's memory

	// Where the pixels of an output go to in the place of its Pix; its shape stands in the
	// View.
	MosaicTarget, CoverageTarget Target

	// MosaicPlanes and CoveragePlanes make it a job of planes, which all lie alike: outputs
	// [N,H,W] in the place of Mosaic and CoverageOut, without gains, each plane by itself
	// but for the background, one constant per tile.
	MosaicPlanes, CoveragePlanes Planes

	Gains   []float64 // [T]; nil = ones in the coadd
	Offsets []float64 // out [T*C], or nil
	// Slopes are those of the planes, [T*C*2], in x and in y of output pixels, whose offset is
	// that of pixel (0,0); out, or nil. Damping tells of each tile and channel [T*C*3] by how
	// much slopes were damped, infinite where the plane is a constant, and the root mean
	// square of what left-out overlaps of its part differ by from what constants and from
	// what the planes tell of them, NaN where none could be told; out, or nil.
	Background Background
	Slopes     []float64
	Damping    []float64
	Groups     []int32 // out [T], or nil; -1 = gave no pixel, which the coadd finds

	// OffsetsKnown makes Offsets, Slopes and Groups, if any, input, as a match has written them:
	// the coadd does not match.
	OffsetsKnown bool
	// BlurredKnown makes Blurred input, as a blur has written it: the gains do not blur.
	BlurredKnown bool
	// PairsWanted are the pairs of tiles i < j that the match looks at, in the order of i, then
	// j; nil = all that overlap.
	PairsWanted [][2]int
	// Pairs is told, after the match, of every pair of tiles with common pixels, in the order
	// of I, then J. Or nil.
	Pairs func(PairStep)

	// ChunksDone [Plan.ChunkTotal] holds which chunks of the coadd, or the first pass, are
	// written: those that are not 0 are left out, the others become 1 one by one. They mean
	// something to plans with the same RowsPerChunk and ColumnsPerChunk alone. Or nil.
	ChunksDone []uint8
	Shown      []uint8 // in and out [T]: 1 = gave channel 0 a pixel; or nil

	Combine        Combine
	KeepBackground bool
	BinaryWeights  bool
	SignedWeights  bool // planes: weights below 0 count in sums and means, else they are 0
	BlankNaN       bool
	Feather        int // pixels of a tile over which its weight in the coadd falls; 0 = none

	Workers       int
	RowsPerChunk  int
	MaxChunkBytes int64

	Mode        Mode
	Device      Device // nil = this build has none
	DeviceRows  int    // output rows at a time on the device; 0 = chosen
	DeviceBytes int64  // bound of the device's memory; 0 = what is free, less a margin
	DeviceError error  // out: why the device was not used, or not to the end; nil

	OnStats   func(Stats) // see Run; or nil
	Cancelled func() bool // see Run; or nil

	// Memory is the machine's, in bytes, more than which no plan takes; 0 = not known.
	Memory int64

	// Room is asked before so many bytes are taken; what it said before no longer counts.
	// Its error, which wraps ErrLimit, ends the call. Or nil.
	Room func(bytes int64) error
}

func (j *Job) room(bytes int64) error {
	if j.Room == nil {
		return nil
	}
	return j.Room(bytes)
}

// Stages says which parts of the second pass to run.
type Stages int

const (
	RunBlur  Stages = 1 << iota
	RunGains        // blurs, too, unless BlurredKnown
	RunCoadd        // matches, too, unless OffsetsKnown or KeepBackground
	RunMatch        // Offsets, Groups and Pairs
	RunFirst        // the coverage of a first pass, by itself; see pass.first
	RunAll   = RunBlur | RunGains | RunMatch | RunCoadd
)

// blurs reports whether the stages of the job blur the coverage.
func (j *Job) blurs(stages Stages) bool {
	return stages&(RunBlur|RunGains) != 0 && !j.BlurredKnown
}

// matches reports whether the stages of the job match backgrounds.
func (j *Job) matches(stages Stages) bool {
	return stages&(RunMatch|RunCoadd) != 0 && !j.KeepBackground && !j.OffsetsKnown
}
