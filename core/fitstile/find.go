package fitstile

import (
	"fmt"
	"io"
	"strings"
)

// find returns the image of an HDU of an open file.
func find(here place, file io.ReaderAt, size int64, hdu HDU) (*Image, error) {
	if size == 0 {
		return nil, here.errorf("it is empty")
	}
	s, err := newSource(file, size)
	if err != nil {
		return nil, here.at(0).cause(err)
	}
	here.packed = s.packed()
	name := strings.ToUpper(strings.TrimSpace(hdu.Name))
	var names []string
	for start := int64(0); ; {
		here.hdu = len(names)
		u, err := readUnit(here, s, start)
		if err == io.EOF {
			here.hdu = -1
			return nil, here.errorf("it has no HDU %v, but %d: %s", hdu, len(names), listed(names))
		}
		if err != nil {
			return nil, err
		}
		isFirst := len(names) == 0 && name == "PRIMARY"
		if hdu.Name == "" && hdu.Number == len(names) || hdu.Name != "" && (isFirst || u.name == name) {
			return u.image(s)
		}
		names = append(names, u.name)
		start = u.end + (u.bytes+fitsBlock-1)/fitsBlock*fitsBlock
	}
}

// String is the name, else the number.
func (hdu HDU) String() string {
	if hdu.Name != "" {
		return fmt.Sprintf("%q", hdu.Name)
	}
	return fmt.Sprint(hdu.Number)
}

func listed(names []string) string {
	const most = 10
	text := fmt.Sprintf("%q", names[:min(len(names), most)])
	if len(names) > most {
		text += " and more"
	}
	return text
}
