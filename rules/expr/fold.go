package expr

// Fold works something out over a condition from its signals upwards, such as a formula for a solver. It is for tools: requests are
// decided by Eval.
func Fold[T any](p *Program, signal func(index int) T, not func(T) T, and, or func(left, right T) T) T {
	var stack []T
	for _, o := range p.ops {
		top := len(stack) - 1
		switch o {
		case opNot:
			stack[top] = not(stack[top])
		case opAnd:
			stack = append(stack[:top-1], and(stack[top-1], stack[top]))
		case opOr:
			stack = append(stack[:top-1], or(stack[top-1], stack[top]))
		default:
			stack = append(stack, signal(int(o)))
		}
	}
	return stack[0]
}
