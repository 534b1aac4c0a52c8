defmodule EctoLibSql.JSONTest do
  use EctoLibSql.DriverCase, async: true

  alias EctoLibSql.JSON

  @document ~s({"name":"Ada","age":36,"tags":["a","b"],"address":{"city":"London"},"nothing":null})

  setup do: %{state: open!()}

  test "extract/3 returns values, and JSON text for structures", %{state: state} do
    assert {:ok, "Ada"} = JSON.extract(state, @document, "$.name")
    assert {:ok, 36} = JSON.extract(state, @document, "$.age")
    assert {:ok, ~s(["a","b"])} = JSON.extract(state, @document, "$.tags")
    assert {:ok, "b"} = JSON.extract(state, @document, "$.tags[1]")
    assert {:ok, nil} = JSON.extract(state, @document, "$.missing")
    assert {:ok, nil} = JSON.extract(state, @document, "$.nothing")
    assert {:ok, 1.5} = JSON.extract(state, "[1.5]", "$[0]")
  end

  test "type/2,3 names types", %{state: state} do
    assert {:ok, "object"} = JSON.type(state, @document)
    assert {:ok, "text"} = JSON.type(state, @document, "$.name")
    assert {:ok, "integer"} = JSON.type(state, @document, "$.age")
    assert {:ok, "array"} = JSON.type(state, @document, "$.tags")
    assert {:ok, "null"} = JSON.type(state, @document, "$.nothing")
    assert {:ok, nil} = JSON.type(state, @document, "$.missing")
  end

  test "is_valid/2 is a boolean", %{state: state} do
    for {json, valid} <- [
          {@document, true},
          {"[1,2]", true},
          {"1", true},
          {"{", false},
          {"", false},
          {"nope", false},
          {nil, false}
        ] do
      assert {:ok, ^valid} = JSON.is_valid(state, json)
    end
  end

  test "array/2 and object/2 build text", %{state: state} do
    assert {:ok, ~s([1,2.5,"x",null])} = JSON.array(state, [1, 2.5, "x", nil])
    assert {:ok, "[]"} = JSON.array(state, [])
    assert {:ok, ~s({"name":"Ada","age":36})} = JSON.object(state, ["name", "Ada", "age", 36])
    assert {:ok, "{}"} = JSON.object(state, [])

    assert JSON.object(state, ["name"]) ==
             {:error, {:invalid_arguments, "object/2 needs a value for each key"}}
  end

  test "an array may be long", %{state: state} do
    for count <- [0, 100, 101, 127, 128, 5_000] do
      assert {:ok, json} = JSON.array(state, Enum.to_list(1..count//1))
      assert json == "[" <> Enum.join(1..count//1, ",") <> "]"
    end

    values = [nil, 1.5, "x", true] ++ List.duplicate("y", 150)
    assert {:ok, ~s([null,1.5,"x",1,"y") <> _} = JSON.array(state, values)
  end

  test "each/2,3 lists members", %{state: state} do
    assert {:ok, [{"a", 1, "integer"}, {"b", "[2]", "array"}]} =
             JSON.each(state, ~s({"a":1,"b":[2]}))

    assert {:ok, [{0, "a", "text"}, {1, "b", "text"}]} = JSON.each(state, @document, "$.tags")
    assert {:ok, []} = JSON.each(state, "[]")
  end

  test "tree/2,3 lists all elements, depth first", %{state: state} do
    assert {:ok, [{"$", nil, "object"}, {"$.a", nil, "array"}, {"$.a[0]", 1, "integer"}]} =
             JSON.tree(state, ~s({"a":[1]}))

    assert {:ok, [{"$.a[0]", 1, "integer"}]} = JSON.tree(state, ~s({"a":[1]}), "$.a[0]")
  end

  test "convert/2,3 minifies", %{state: state} do
    assert {:ok, ~s({"a":[1,2]})} = JSON.convert(state, ~s( { "a" : [ 1, 2 ] } ))
    assert {:ok, "[1]"} = JSON.convert(state, "[ 1 ]", :json)
    assert {:error, {:invalid_arguments, _}} = JSON.convert(state, "[1]", :yaml)
  end

  test "JSONB needs SQLite 3.45; below, the error names the version", %{state: state} do
    if newer?(state) do
      assert {:ok, jsonb} = JSON.convert(state, ~s({"a":[1]}), :jsonb)
      assert {:ok, 1} = JSON.extract(state, jsonb, "$.a[0]")
      assert {:ok, true} = JSON.is_valid(state, jsonb)
      assert {:ok, ~s({"a":[1]})} = JSON.convert(state, jsonb)
    else
      assert {:error, text} = JSON.convert(state, "[1]", :jsonb)
      assert text =~ "3.45"
      assert text =~ EctoLibSql.Nif.sqlite_version()
    end
  end

  test "json_quote/2 quotes values", %{state: state} do
    assert {:ok, ~s("it's \\"so\\"")} = JSON.json_quote(state, ~s(it's "so"))
    assert {:ok, "5"} = JSON.json_quote(state, 5)
    assert {:ok, "null"} = JSON.json_quote(state, nil)
  end

  test "json_length/2,3 counts members", %{state: state} do
    assert {:ok, 5} = JSON.json_length(state, @document)
    assert {:ok, 2} = JSON.json_length(state, @document, "$.tags")
    assert {:ok, 0} = JSON.json_length(state, "[]")
    assert {:ok, 1} = JSON.json_length(state, @document, "$.name")
    for scalar <- ~w("x" 5 1.5 true null), do: assert({:ok, 1} = JSON.json_length(state, scalar))
    assert {:ok, nil} = JSON.json_length(state, @document, "$.missing")
  end

  test "depth/2 counts levels", %{state: state} do
    for {json, depth} <- [
          {"1", 1},
          {"[]", 1},
          {"{}", 1},
          {"[1]", 2},
          {@document, 3},
          {"[[[]],[[[1]]]]", 5}
        ] do
      assert {json, {:ok, depth}} == {json, JSON.depth(state, json)}
    end
  end

  test "depth/2 of wide text is not quadratic", %{state: state} do
    wide = "[" <> Enum.map_join(1..20_000, ",", fn n -> "[#{n}]" end) <> "]"
    assert {:ok, 3} = JSON.depth(state, wide)
  end

  test "keys/2,3 give a JSON array of keys", %{state: state} do
    assert {:ok, ~s(["name","age","tags","address","nothing"])} = JSON.keys(state, @document)
    assert {:ok, ~s(["city"])} = JSON.keys(state, @document, "$.address")
    assert {:ok, nil} = JSON.keys(state, @document, "$.tags")
    assert {:ok, nil} = JSON.keys(state, @document, "$.missing")
    assert {:ok, "[]"} = JSON.keys(state, "{}")
  end

  test "remove/3 takes one path or several", %{state: state} do
    assert {:ok, ~s({"b":2,"c":3})} = JSON.remove(state, ~s({"a":1,"b":2,"c":3}), "$.a")
    assert {:ok, ~s({"b":2})} = JSON.remove(state, ~s({"a":1,"b":2,"c":3}), ["$.a", "$.c"])
    assert {:ok, "[1]"} = JSON.remove(state, "[1]", [])
  end

  test "set/4, replace/4 and insert/4 write where a value is, where none is, or both", %{
    state: state
  } do
    json = ~s({"a":1})
    assert {:ok, ~s({"a":2})} = JSON.set(state, json, "$.a", 2)
    assert {:ok, ~s({"a":1,"b":2})} = JSON.set(state, json, "$.b", 2)
    assert {:ok, ~s({"a":2})} = JSON.replace(state, json, "$.a", 2)
    assert {:ok, ^json} = JSON.replace(state, json, "$.b", 2)
    assert {:ok, ^json} = JSON.insert(state, json, "$.a", 2)
    assert {:ok, ~s({"a":1,"b":"x"})} = JSON.insert(state, json, "$.b", "x")
  end

  test "patch/3 merges", %{state: state} do
    assert {:ok, ~s({"a":2})} = JSON.patch(state, ~s({"a":1,"b":1}), ~s({"a":2,"b":null}))
  end

  describe "arrow_fragment/2,3" do
    test "escapes quotes" do
      assert JSON.arrow_fragment(:data, "it's") == "data -> 'it''s'"
      assert JSON.arrow_fragment("data", 2, :double_arrow) == "data ->> 2"
    end

    test "works in a query", %{state: state} do
      sql = "SELECT #{JSON.arrow_fragment("d", "name", :double_arrow)} FROM (SELECT ? AS d)"
      assert rows!(state, sql, [@document]) == [["Ada"]]
    end

    test "refuses what is no column, path or operator" do
      for arguments <- [
            ["a; DROP", "x"],
            ["", "x"],
            [nil, "x"],
            ["a", nil],
            ["a", "x", :wide],
            ["a", "x\0"]
          ] do
        assert_raise ArgumentError, fn -> apply(JSON, :arrow_fragment, arguments) end
      end
    end
  end

  test "malformed JSON and bad paths are errors", %{state: state} do
    for call <- [
          &JSON.extract(&1, "{", "$"),
          &JSON.type(&1, "{"),
          &JSON.each(&1, "{"),
          &JSON.tree(&1, "{"),
          &JSON.convert(&1, "{"),
          &JSON.json_length(&1, "{"),
          &JSON.depth(&1, "{"),
          &JSON.keys(&1, "{"),
          &JSON.remove(&1, "{", "$"),
          &JSON.set(&1, "{", "$", 1),
          &JSON.patch(&1, "{", "{}")
        ] do
      assert call.(state) == {:error, "malformed JSON"}
    end

    assert {:error, "JSON path error near 'no path'" <> _} = JSON.extract(state, "{}", "no path")
    assert_usable(state)
  end

  test "run inside the open transaction", %{state: state} do
    begun = begin!(state)
    assert {:ok, 1} = JSON.extract(begun, ~s({"a":1}), "$.a")
    rollback!(begun)
  end

  defp newer?(_state) do
    EctoLibSql.Nif.sqlite_version() |> Version.parse!() |> Version.match?(">= 3.45.0")
  end
end
