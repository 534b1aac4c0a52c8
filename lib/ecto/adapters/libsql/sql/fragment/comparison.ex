defmodule Ecto.Adapters.LibSql.SQL.Fragment.Comparison do
  @moduledoc false
  # Which expression of a fragment each of its parameters is compared with: `fragment("? > ?", a.at, ^time)`. Ecto dumps
  # such parameters without a type, and a date and time has another text in a column of microseconds than in one of
  # seconds. Found are comparisons of whole operands by an operator, BETWEEN and IN; any other parameter stays as it is.

  # Expressions are numbers between control characters, which SQL does not have.
  @expression "\\x01(\\d+)\\x02"
  @operand "(?|(?:min|max)\\(#{@expression}\\)|#{@expression})"
  # An operand next to one of these is a part of a larger one.
  @binding "[-+*/%|&~=!<>]"
  @alone "(?<!#{@binding})(?<!#{@binding} )"
  @complete "(?! ?#{@binding})"

  @operator ~r"#{@alone}#{@operand} ?(?:=|==|<>|!=|<=|>=|<|>|is|is not) ?#{@operand}#{@complete}"i
  @between ~r"#{@alone}#{@operand} (?:not )?between #{@operand} and #{@operand}#{@complete}"i
  @member ~r"#{@alone}#{@operand} (?:not )?in ?\( ?((?:#{@operand}(?: ?, ?)?)+) ?\)"i

  @enforce_keys [:parameters, :with]
  defstruct [:parameters, :with]

  @typedoc "The indexes of a parameter, or of a spliced list of them, and what they are compared with."
  @type t :: %__MODULE__{parameters: [non_neg_integer(), ...], with: term()}

  @doc "The parts of a fragment, with this struct in place of each parameter that is compared."
  @spec mark(list()) :: list()
  def mark(parts) do
    exprs = for {:expr, expr} <- parts, do: expr

    if Enum.any?(exprs, &parameter?/1) and not Enum.all?(exprs, &parameter?/1) do
      counterparts = parts |> template() |> pairs() |> counterparts(List.to_tuple(exprs))
      Enum.map(parts, &mark(&1, counterparts))
    else
      parts
    end
  end

  defp mark({:expr, expr} = part, counterparts) do
    case counterparts do
      %{^expr => other} -> {:expr, %__MODULE__{parameters: indexes(expr), with: other}}
      _not_compared -> part
    end
  end

  defp mark(raw, _counterparts), do: raw

  # The fragment's text with numbers in place of its expressions.
  defp template(parts) do
    {texts, _count} =
      Enum.map_reduce(parts, 0, fn
        {:raw, text}, ix -> {text, ix}
        {:expr, _expr}, ix -> {<<1, "#{ix}", 2>>, ix + 1}
      end)

    texts |> Enum.join() |> String.replace(~r/\s+/, " ")
  end

  # Numbers of expressions that are compared with each other.
  defp pairs(template) do
    operators = for [_, left, right] <- Regex.scan(@operator, template), do: {left, right}

    between =
      for [_, left | bounds] <- Regex.scan(@between, template), bound <- bounds, do: {left, bound}

    members =
      for [_, left, list | _] <- Regex.scan(@member, template),
          [_, member] <- Regex.scan(~r/\x01(\d+)\x02/, list),
          do: {left, member}

    operators ++ between ++ members
  end

  defp counterparts(pairs, exprs) do
    for {left, right} <- pairs,
        {one, other} <- [{left, right}, {right, left}],
        parameter = elem(exprs, String.to_integer(one)),
        counterpart = elem(exprs, String.to_integer(other)),
        parameter?(parameter) and not parameter?(counterpart),
        into: %{},
        do: {parameter, counterpart}
  end

  defp parameter?({:^, _, [_ix]}), do: true
  defp parameter?({:splice, _, [{:^, _, [_ix, length]}]}), do: length > 0
  defp parameter?(_expr), do: false

  defp indexes({:^, _, [ix]}), do: [ix]
  defp indexes({:splice, _, [{:^, _, [ix, length]}]}), do: Enum.to_list(ix..(ix + length - 1))
end
