package wat

import "strings"

func (m *module) typeIndex(s signature) uint64 {
	for i, have := range m.sigs {
		if have == s {
			return uint64(i)
		}
	}
	m.sigs = append(m.sigs, s)
	return uint64(len(m.sigs) - 1)
}

// encode writes the sections in their order (the core specification, 5.5.2).
func (m *module) encode() ([]byte, error) {
	all := append(append([]*function(nil), m.imports...), m.funcs...)
	for i, f := range all {
		if f.name != "" {
			if _, twice := m.functionsByName[f.name]; twice {
				return nil, at(f.at, "a second function %s", f.name)
			}
			m.functionsByName[f.name] = i
		}
		for _, c := range f.at.list {
			if c.head() == "export" && len(c.list) == 2 {
				m.export(c.list[1].text, 0, uint64(i))
			}
		}
	}
	var imports, funcs, code []byte
	for _, f := range m.imports {
		for _, s := range f.imported {
			imports = append(uleb(imports, uint64(len(s))), s...)
		}
		imports = uleb(append(imports, 0), m.typeIndex(f.sig))
	}
	for _, f := range m.funcs {
		funcs = uleb(funcs, m.typeIndex(f.sig))
		body, err := m.function(f)
		if err != nil {
			return nil, err
		}
		code = append(uleb(code, uint64(len(body))), body...)
	}
	var types []byte
	for _, s := range m.sigs {
		types = append(types, 0x60)
		for _, list := range []string{s.params, s.results} {
			types = append(uleb(types, uint64(len(list))), list...)
		}
	}
	out := []byte("\x00asm\x01\x00\x00\x00")
	section := func(id byte, count int, content []byte) {
		if count == 0 {
			return
		}
		content = append(uleb(nil, uint64(count)), content...)
		out = append(uleb(append(out, id), uint64(len(content))), content...)
	}
	section(1, len(m.sigs), types)
	section(2, len(m.imports), imports)
	section(3, len(m.funcs), funcs)
	if m.memory != nil {
		section(5, 1, m.memory[1:])
	}
	section(6, len(m.globalNames), m.globals)
	section(7, m.exported, m.exports)
	if m.start != nil {
		if len(m.start.list) != 2 {
			return nil, at(m.start, "want (start $function)")
		}
		i, ok := m.functionsByName[m.start.list[1].atom]
		if !ok {
			return nil, at(m.start, "no function %s", m.start.list[1].atom)
		}
		content := uleb(nil, uint64(i))
		out = append(uleb(append(out, 8), uint64(len(content))), content...)
	}
	section(10, len(m.funcs), code)
	section(11, m.segments, m.data)
	return out, nil
}

// function is a function's locals and code.
func (m *module) function(f *function) ([]byte, error) {
	out := uleb(nil, uint64(len(f.types)))
	for _, t := range f.types {
		out = append(out, 1, t)
	}
	e := &emitter{m: m, f: f, out: out}
	if err := e.all(f.body); err != nil {
		return nil, err
	}
	return append(e.out, 0x0b), nil
}

// index finds a name, or reads a number.
func index(n *node, names []string) (uint64, error) {
	if !strings.HasPrefix(n.atom, "$") {
		v, err := number(n)
		return uint64(v), err
	}
	for i := len(names) - 1; i >= 0; i-- {
		if names[i] == n.atom {
			return uint64(i), nil
		}
	}
	return 0, at(n, "unknown name %s", n.atom)
}
