using System.Reflection;

namespace Concord.House;

/// <summary>The names of types as C# writes them, with their nullability.</summary>
internal static class SurfaceTypes
{
    private static readonly Dictionary<Type, string> s_keywords = new()
    {
        [typeof(void)] = "void", [typeof(object)] = "object", [typeof(string)] = "string", [typeof(bool)] = "bool",
        [typeof(char)] = "char", [typeof(byte)] = "byte", [typeof(sbyte)] = "sbyte", [typeof(short)] = "short",
        [typeof(ushort)] = "ushort", [typeof(int)] = "int", [typeof(uint)] = "uint", [typeof(long)] = "long",
        [typeof(ulong)] = "ulong", [typeof(float)] = "float", [typeof(double)] = "double", [typeof(decimal)] =
            "decimal",
        [typeof(nint)] = "nint", [typeof(nuint)] = "nuint",
    };

    public static string Of(Type type) => Of(type, null);

    public static string Of(ParameterInfo parameter) =>
        Of(parameter.ParameterType, new NullabilityInfoContext().Create(parameter));

    public static string Of(PropertyInfo property) =>
        Of(property.PropertyType, new NullabilityInfoContext().Create(property));

    public static string Of(FieldInfo field) => Of(field.FieldType, new NullabilityInfoContext().Create(field));

    /// <summary>The name without namespace, with the types around it and its parameters.</summary>
    public static string WithParents(Type type)
    {
        string name = type.Name.Split('`')[0];
        Type[] own = type.GetGenericArguments();
        int inherited = type.DeclaringType?.GetGenericArguments().Length ?? 0;
        string arguments = own.Length > inherited ? $"<{string.Join(", ", own[inherited..].Select(Of))}>" : "";
        return (type.DeclaringType is null ? "" : WithParents(type.DeclaringType) + ".") + name + arguments;
    }

    public static string Constraint(Type parameter)
    {
        GenericParameterAttributes attributes = parameter.GenericParameterAttributes;
        bool isStruct = attributes.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint);
        List<string> parts = [];
        if (isStruct || attributes.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint))
        {
            parts.Add(isStruct ? "struct" : "class");
        }
        else if (IsNotNull(parameter))
        {
            parts.Add("notnull");
        }

        parts.AddRange(parameter.GetGenericParameterConstraints()
            .Where(type => type != typeof(ValueType))
            .Select(Of)
            .Order(StringComparer.Ordinal));
        if (attributes.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint) && !isStruct)
        {
            parts.Add("new()");
        }

        return string.Join(", ", parts);
    }

    private static string Of(Type type, NullabilityInfo? nullability)
    {
        if (type.IsByRef || type.IsPointer)
        {
            return Of(type.GetElementType()!, nullability?.ElementType) + (type.IsPointer ? "*" : "");
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Of(underlying, nullability?.GenericTypeArguments.FirstOrDefault()) + "?";
        }

        string mark = nullability is { ReadState: NullabilityState.Nullable } && !type.IsValueType ? "?" : "";
        if (type.IsArray)
        {
            string commas = new(',', type.GetArrayRank() - 1);
            return $"{Of(type.GetElementType()!, nullability?.ElementType)}[{commas}]{mark}";
        }

        if (type.IsGenericParameter)
        {
            // Of a parameter without constraint, reflection says that it may be null, marked or not.
            return type.Name + (IsConstrained(type) ? mark : "");
        }

        if (s_keywords.TryGetValue(type, out string? keyword))
        {
            return keyword + mark;
        }

        Type[] arguments = type.GetGenericArguments();
        if (arguments.Length == 0 || type.IsNested)
        {
            return type.Namespace + "." + WithParents(type) + mark;
        }

        NullabilityInfo[] inner = nullability?.GenericTypeArguments ?? [];
        IEnumerable<string> names = arguments.Select((each, i) => Of(each, i < inner.Length ? inner[i] : null));
        return $"{type.Namespace}.{type.Name.Split('`')[0]}<{string.Join(", ", names)}>{mark}";
    }

    /// <summary>Without printing the constraint, which may name the parameter itself.</summary>
    private static bool IsConstrained(Type parameter) =>
        parameter.GenericParameterAttributes != GenericParameterAttributes.None
        || IsNotNull(parameter)
        || parameter.GetGenericParameterConstraints().Length > 0;

    /// <summary>The compiler says "notnull" in a nullable attribute: on the parameter, or for all on what declares
    /// it.</summary>
    private static bool IsNotNull(Type parameter)
    {
        byte? own = Flag(parameter.CustomAttributes, "NullableAttribute");
        if (own is not null)
        {
            return own == 1;
        }

        for (MemberInfo? at = (MemberInfo?)parameter.DeclaringMethod
            ?? parameter.DeclaringType; at is not null; at = at.DeclaringType)
        {
            if (Flag(at.CustomAttributes, "NullableContextAttribute") is { } context)
            {
                return context == 1;
            }
        }

        return false;
    }

    private static byte? Flag(IEnumerable<CustomAttributeData> attributes, string name)
    {
        CustomAttributeData? found = attributes.FirstOrDefault(each => each.AttributeType.Name == name);
        return found?.ConstructorArguments[0].Value as byte?;
    }
}
